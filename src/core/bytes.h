// SPDX-License-Identifier: MIT
/// Copying payloads, and clearing bytes that are not known to be zero.
#ifndef SEGFIT_BYTES_H
#define SEGFIT_BYTES_H

#include "block.h"

/// Keeps the compiler from making one call of the stores of a loop.
#define BYTES_KEEP_LOOP() __asm__ volatile("" ::: "memory")

/// Copies `bytes`, a multiple of the word, from one payload to another.
static inline void bytes_copy(void *to, const void *from, size_t bytes)
{
    if (bytes > SEGFIT_WORDWISE) {
        __builtin_memcpy(to, from, bytes);
        return;
    }
    size_t *word = (size_t *)to;
    const size_t *source = (const size_t *)from;
    for (size_t left = bytes; left != 0; left -= WORD) {
        *word++ = *source++;
        BYTES_KEEP_LOOP();
    }
}

/// Clears the bytes [from, to) as far as they lie in the payload at `ptr`, which ends at `end`.
static void bytes_zero(void *ptr, uintptr_t end, uintptr_t from, uintptr_t to)
{
    const uintptr_t payload = address_of(ptr);
    const uintptr_t first = from < payload ? payload : from;
    const uintptr_t last = to > end ? end : to;
    if (first < last) {
        __builtin_memset(block_payload(block_behind(block_of(ptr), first - payload)), 0,
                         last - first);
    }
}

/// Clears `bytes` of the payload at `ptr`, which ends at `end`. Skips bytes from `fresh_begin` to
/// `fresh_end`, which were zero when the block was found. At level 3 and above, clears all of them.
/// Reads nothing of the heap.
static SEGFIT_ALWAYS_INLINE void bytes_clear(void *ptr, uintptr_t end, size_t bytes,
                                             uintptr_t fresh_begin, uintptr_t fresh_end)
{
    if (SEGFIT_CHECK >= 3 || fresh_end <= fresh_begin || address_of(ptr) >= fresh_end ||
        end <= fresh_begin) {
        __builtin_memset(ptr, 0, bytes);
        return;
    }
    // Behind the highest used block lie the header and links of the free block that was cut, and at
    // its end its footer; between them nothing was ever written.
    bytes_zero(ptr, end, 0, fresh_begin > UINTPTR_MAX - 3U * WORD ? end : fresh_begin + 3U * WORD);
    bytes_zero(ptr, end, (fresh_end < end ? fresh_end : end) - WORD, end);
}

#endif
