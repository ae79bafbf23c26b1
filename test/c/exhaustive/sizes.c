// SPDX-License-Identifier: MIT
/// Every size: what block each of the 2^32 requests (2^31 of 64-bit) needs, and for each block size
/// and each number of columns its classes. Minutes long: `npm run test:exhaustive`. unit/size_class
/// is the short form.
#define TEST_MAIN
#include "../test.h"

#include "../../../src/core/block.h"

/// The first size that is not looked at.
#if UINTPTR_MAX > 0xFFFFFFFFU
#define SIZES ((size_t)1 << 32)
#else
#define SIZES (MAX_BLOCK - WORD)
#endif

static bool block_is_right(size_t size, size_t block)
{
    const size_t needed = size + WORD < MIN_BLOCK ? MIN_BLOCK : size + WORD;
    return block % SEGFIT_ALIGN == 0 && block >= needed && block - needed < SEGFIT_ALIGN;
}

TEST(every_request_gets_the_smallest_block_that_holds_it)
{
    size_t wrong = 0;
    for (size_t size = 0; size < SIZES; size++) {
        wrong += !block_is_right(size, block_size_for(size));
    }
    CHECK(wrong == 0);
    for (size_t size = MAX_BLOCK - WORD + 1; size != 0; size++) {
        wrong += block_size_for(size) != 0;
    }
    CHECK(wrong == 0);
}

/// True if the classes of `block` are right. Its predecessor is kept in class `before`.
static bool classes_are_right(size_t block, size_t before, unsigned columns_log2)
{
    const size_t floor = size_class_floor(block, columns_log2);
    const size_t ceil = size_class_ceil(block, columns_log2);
    const size_t smallest = size_class_smallest(floor, columns_log2);
    const size_t next = size_class_smallest(floor + 1, columns_log2);
    const size_t width = next - smallest;
    return (floor == before || floor == before + 1) && smallest <= block && block < next &&
           ceil == floor + (smallest != block) &&
           (width == SEGFIT_ALIGN || width <= block >> columns_log2);
}

TEST(every_block_size_has_its_class_and_no_class_is_wider_than_a_column)
{
    for (unsigned columns_log2 = 0; columns_log2 <= MAX_COLUMNS_LOG2; columns_log2++) {
        size_t wrong = 0;
        size_t before = size_class_floor(SEGFIT_ALIGN, columns_log2);
        // The last class of the address space has none behind it.
        const size_t last = SIZES / 2;
        for (size_t block = SEGFIT_ALIGN; block < last; block += SEGFIT_ALIGN) {
            wrong += !classes_are_right(block, before, columns_log2);
            before = size_class_floor(block, columns_log2);
        }
        CHECK(wrong == 0);
    }
}
