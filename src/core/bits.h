// SPDX-License-Identifier: MIT
/// Bits of words: the two searches that a bitmap needs, and rounding to powers of two.
#ifndef SEGFIT_BITS_H
#define SEGFIT_BITS_H

#include "compiler.h"

enum {
    WORD_BITS = sizeof(size_t) * 8,
};

_Static_assert(sizeof(size_t) == sizeof(void *), "a word holds a size and an address");
_Static_assert(sizeof(size_t) == sizeof(unsigned long) ||
                   sizeof(size_t) == sizeof(unsigned long long),
               "a word has a builtin of its width");

/// The position of the highest set bit of `word`, which is not 0.
static inline unsigned log2_floor(size_t word)
{
    SEGFIT_ASSERT(word != 0);
    return sizeof word == sizeof(unsigned long)
               ? (unsigned)__builtin_clzl((unsigned long)word) ^ (WORD_BITS - 1U)
               : (unsigned)__builtin_clzll((unsigned long long)word) ^ (WORD_BITS - 1U);
}

/// How far the highest set bit of `word`, which is not 0, is above bit `base`.
static inline unsigned log2_above(size_t word, unsigned base)
{
#if SEGFIT_FINDS_HIGHEST_BIT
    return log2_floor(word) - base;
#else
    const unsigned zeros = sizeof word == sizeof(unsigned long)
                               ? (unsigned)__builtin_clzl((unsigned long)word)
                               : (unsigned)__builtin_clzll((unsigned long long)word);
    return (WORD_BITS - 1U - base) - zeros;
#endif
}

/// The position of the lowest set bit of `word`, which is not 0.
static inline unsigned lowest_bit(size_t word)
{
    SEGFIT_ASSERT(word != 0);
    return sizeof word == sizeof(unsigned long)
               ? (unsigned)__builtin_ctzl((unsigned long)word)
               : (unsigned)__builtin_ctzll((unsigned long long)word);
}

static inline bool is_power_of_two(size_t word)
{
    return word != 0 && (word & (word - 1U)) == 0;
}

/// `word` rounded down to a multiple of `unit`, a power of two.
static inline size_t round_down(size_t word, size_t unit)
{
    SEGFIT_ASSERT(is_power_of_two(unit));
    return word & ~(unit - 1U);
}

/// How much `word` lacks to the next multiple of `unit`, a power of two. Never overflows.
static inline size_t missing_to(size_t word, size_t unit)
{
    SEGFIT_ASSERT(is_power_of_two(unit));
    return (0U - word) & (unit - 1U);
}

/// `word` rotated left by `by` bits: at least 1, and less than all.
static inline size_t rotated(size_t word, unsigned by)
{
    SEGFIT_ASSERT(by > 0 && by < WORD_BITS);
    return word << by | word >> (WORD_BITS - by);
}

/// `count * size`, or the largest number if that overflows.
static inline size_t size_product(size_t count, size_t size)
{
#if defined(__wasm64__)
    // The compiler's own check, and any that it recognises, calls __multi3, which programs without
    // a run-time library lack. Products above half the address space count as overflow here.
    const bool far =
        count != 0 && size != 0 && log2_floor(count) + log2_floor(size) > WORD_BITS - 2U;
    return far ? SIZE_MAX : count * size;
#else
    size_t product = 0;
    return __builtin_mul_overflow(count, size, &product) ? SIZE_MAX : product;
#endif
}

#endif
