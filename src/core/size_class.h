// SPDX-License-Identifier: MIT
/// Size classes: which list a block belongs to.
///
/// Let u = size / SEGFIT_ALIGN, and let there be C columns. Row 0 holds u = 0 … C−1 and row 1 holds
/// C … 2C−1, one size in each class. Row 2 holds 2C … 4C−1, two sizes in each class, and each
/// further row doubles both. Let m be how far the highest bit of u is above that of row 1. Shifting
/// u right by m bits gives a number that runs on from row to row, so that the class is one index,
/// without a branch. (The mapping of the TLSF paper has the same classes above row 1 and none
/// below.)
///
///     u      0 … 15 │ 16 … 31 │ 32,33 │ 34,35 │ … │ 64…67 │     C = 16
///     class  0 … 15 │ 16 … 31 │  32   │  33   │ … │  48   │
///     row       0   │    1    │   2   │   2   │ … │   3   │
#ifndef SEGFIT_SIZE_CLASS_H
#define SEGFIT_SIZE_CLASS_H

#include "bits.h"

enum {
    ALIGN_LOG2 = SEGFIT_ALIGN == 16 ? 4 : 3,
    MAX_COLUMNS_LOG2 = 5,
};

#define MIN_BLOCK ((size_t)SEGFIT_MIN_BLOCK)
#define MAX_BLOCK (SIZE_MAX & ~(size_t)(SEGFIT_ALIGN - 1U))

/// True if a block can have `size` bytes.
static inline bool is_block_size(size_t size)
{
    return size >= MIN_BLOCK && size % SEGFIT_ALIGN == 0;
}

/// The class in which blocks of `size` are kept: the last one whose smallest size is at most
/// `size`.
static inline size_t size_class_floor(size_t size, unsigned columns_log2)
{
    const size_t units = size >> ALIGN_LOG2;
    const unsigned shift = log2_above(units | ((size_t)1 << columns_log2), columns_log2);
    return ((size_t)shift << columns_log2) + (units >> shift);
}

/// Where stock TLSF searches: the first class whose sizes are all at least `size`. May be one past
/// the last class.
static inline size_t size_class_ceil(size_t size, unsigned columns_log2)
{
    const size_t units = size >> ALIGN_LOG2;
    const unsigned shift = log2_above(units | ((size_t)1 << columns_log2), columns_log2);
    const size_t below = ((size_t)1 << shift) - 1U;
    return ((size_t)shift << columns_log2) + (units >> shift) + ((units & below) != 0);
}

/// The smallest size of class `index`, which must be a class of the address space. The inverse of
/// size_class_floor.
static inline size_t size_class_smallest(size_t index, unsigned columns_log2)
{
    const size_t row = index >> columns_log2;
    const unsigned shift = row == 0 ? 0 : (unsigned)row - 1U;
    const size_t units = (index - ((size_t)shift << columns_log2)) << shift;
    return units << ALIGN_LOG2;
}

/// The rows that blocks up to `largest` bytes need.
static inline unsigned size_class_rows_for(size_t largest, unsigned columns_log2)
{
    return (unsigned)(size_class_floor(largest, columns_log2) >> columns_log2) + 1U;
}

/// The largest block size that `rows` rows hold.
static inline size_t size_class_largest(unsigned rows, unsigned columns_log2)
{
    const unsigned bits = rows - 1U + columns_log2 + ALIGN_LOG2;
    return bits >= WORD_BITS ? MAX_BLOCK : ((size_t)1 << bits) - SEGFIT_ALIGN;
}

#endif
