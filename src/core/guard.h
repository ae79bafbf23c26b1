// SPDX-License-Identifier: MIT
/// The guard, at level 4: a pattern behind the bytes of a request, and their number.
///
///     used  │ size · flags │ bytes of the request │ pattern … │ number of bytes, coded │
///
/// A write behind the bytes of the request changes the guard, and the next check of the block
/// reports it. Below level 4, blocks have no guard.
#ifndef SEGFIT_GUARD_H
#define SEGFIT_GUARD_H

#include "block.h"

#if SEGFIT_CHECK >= 4

enum {
    /// Fills the bytes of a new request; fills the guard.
    GUARD_NEW = 0xCD,
    GUARD_BEHIND = 0xAB,
};

static inline bool guard_is_filled(const unsigned char *from, const unsigned char *end,
                                   unsigned char with)
{
    while (from < end) {
        if (*from++ != with) {
            return false;
        }
    }
    return true;
}

/// The last word of a used block, which holds the number of bytes requested.
static inline size_t *guard_word(const block_t *block)
{
    return block_footer_before(block_next(block));
}

/// The number of bytes requested. More than the block has if the guard was overwritten.
static inline size_t guard_size(const block_t *block)
{
    return key_decode(*guard_word(block), address_of(guard_word(block)));
}

/// True if nothing was written behind the bytes of the request.
static inline bool guard_is_whole(const block_t *block)
{
    const unsigned char *const bytes = (const unsigned char *)block_payload(block);
    const unsigned char *const end = (const unsigned char *)guard_word(block);
    const size_t size = guard_size(block);
    return size <= (size_t)(end - bytes) && guard_is_filled(bytes + size, end, GUARD_BEHIND);
}

/// Sets the guard of a used block for a request of `size` bytes; the first `kept` already belong to
/// the program.
static inline void guard_set(void *ptr, size_t size, size_t kept)
{
    if (ptr == NULL) {
        return;
    }
    const block_t *const block = block_of(ptr);
    size_t *const word = guard_word(block);
    unsigned char *const bytes = (unsigned char *)ptr;
    const size_t room = address_of(word) - address_of(ptr);
    const size_t asked = size == 0 ? 1 : size;
    if (kept < asked) {
        __builtin_memset(bytes + kept, GUARD_NEW, asked - kept);
    }
    __builtin_memset(bytes + asked, GUARD_BEHIND, room - asked);
    *word = key_encode(asked, address_of(word));
}

/// The bytes of a used block that its program may use.
static inline size_t guard_bytes(const block_t *block)
{
    return guard_size(block);
}

#else

static inline bool guard_is_whole(const block_t *block)
{
    (void)block;
    return true;
}

static inline void guard_set(void *ptr, size_t size, size_t kept)
{
    (void)ptr;
    (void)size;
    (void)kept;
}

/// The bytes of a used block that its program may use.
static inline size_t guard_bytes(const block_t *block)
{
    return block_size(block) - WORD;
}

#endif

#endif
