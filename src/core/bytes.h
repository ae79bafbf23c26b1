// SPDX-License-Identifier: MIT
/// The bytes that blocks hold: copying them, and clearing those that are not known to be zero.
#ifndef SEGFIT_BYTES_H
#define SEGFIT_BYTES_H

#include "block.h"

/// Where a compiler would make one call of a loop's stores.
#define BYTES_KEEP_LOOP() __asm__ volatile("" ::: "memory")

/// Copies `bytes`, a multiple of a word, from one payload to another.
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

/// Bytes [from, to), clipped to the payload at `ptr`, which ends at `end`, become zero.
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

/// Makes `bytes` of the payload at `ptr`, which ends at `end`, zero, if what lies from `fresh_begin` to
/// `fresh_end` was zero still when its block was found; or all of it, from level 3 on. Of the heap it reads
/// nothing.
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
