// SPDX-License-Identifier: MIT
/// The map from sizes to classes: every size up to 2^20 units and every size near a power of two
/// beyond, for each number of columns. All figures follow from the picture in size_class.h.
#define TEST_MAIN
#include "../test.h"

#include "../../../src/core/size_class.h"

enum {
    UNITS = 1 << 20,
    /// Sizes around each power of two, in units.
    NEAR = 70,
};

/// Calls `judge` with sizes that cover each class of every row: all small ones, then each power of
/// two's surroundings, in rising order.
static void each_size(void (*judge)(size_t size, unsigned columns_log2), unsigned columns_log2)
{
    for (size_t units = 0; units < UNITS; units++) {
        judge(units * SEGFIT_ALIGN, columns_log2);
    }
    for (unsigned power = 20; power < WORD_BITS - ALIGN_LOG2; power++) {
        for (size_t part = 0; part < 32; part++) {
            const size_t middle = ((size_t)1 << power) + (((size_t)1 << power) >> 5) * part;
            for (size_t units = middle - NEAR; units <= middle + NEAR; units++) {
                judge(units << ALIGN_LOG2, columns_log2);
            }
        }
    }
}

static void each_geometry(void (*judge)(size_t size, unsigned columns_log2))
{
    for (unsigned columns_log2 = 0; columns_log2 <= MAX_COLUMNS_LOG2; columns_log2++) {
        each_size(judge, columns_log2);
    }
}

/// One plain reading of the picture: in rows 0 and 1 a class is a size in units, each further row
/// holds twice as many sizes a class as the one before.
static size_t class_slowly(size_t size, unsigned columns_log2)
{
    const size_t columns = (size_t)1 << columns_log2;
    size_t row = 0;
    size_t row_begin = 0;
    size_t row_units = columns;
    size_t class_units = 1;
    const size_t units = size / SEGFIT_ALIGN;
    while (units - row_begin >= row_units) {
        row_begin += row_units;
        row++;
        if (row > 1) {
            row_units *= 2;
            class_units *= 2;
        }
    }
    return row * columns + (units - row_begin) / class_units;
}

static void judge_picture(size_t size, unsigned columns_log2)
{
    CHECK(size_class_floor(size, columns_log2) == class_slowly(size, columns_log2));
}

TEST(classes_are_as_in_the_picture)
{
    each_geometry(judge_picture);
}

static void judge_order(size_t size, unsigned columns_log2)
{
    const size_t floor = size_class_floor(size, columns_log2);
    const size_t above = size_class_floor(size + SEGFIT_ALIGN, columns_log2);
    CHECK(above == floor || above == floor + 1);
    const size_t ceil = size_class_ceil(size, columns_log2);
    CHECK(ceil == floor || ceil == floor + 1);
}

TEST(classes_rise_with_the_size_and_leave_none_out)
{
    each_geometry(judge_order);
}

static void judge_bounds(size_t size, unsigned columns_log2)
{
    const size_t floor = size_class_floor(size, columns_log2);
    const size_t ceil = size_class_ceil(size, columns_log2);
    const size_t smallest = size_class_smallest(floor, columns_log2);
    CHECK(smallest <= size);
    CHECK((ceil == floor) == (smallest == size));
}

TEST(a_class_begins_at_or_below_its_sizes_and_only_its_smallest_is_searched_there)
{
    each_geometry(judge_bounds);
}

static void judge_ceil(size_t size, unsigned columns_log2)
{
    // The last class of the address space has no successor with a size.
    const size_t ceil = size_class_ceil(size, columns_log2);
    if (ceil < (size_t)(WORD_BITS - ALIGN_LOG2 - columns_log2 + 1U) << columns_log2) {
        const size_t smallest = size_class_smallest(ceil, columns_log2);
        CHECK(smallest >= size);
        CHECK(size_class_floor(smallest, columns_log2) == ceil);
    }
}

TEST(every_block_of_the_class_that_is_searched_fits)
{
    each_geometry(judge_ceil);
}

static void judge_waste(size_t size, unsigned columns_log2)
{
    const size_t smallest = size_class_smallest(size_class_floor(size, columns_log2), columns_log2);
    CHECK((size - smallest) <= (smallest >> columns_log2));
}

TEST(sizes_of_a_class_differ_by_less_than_one_column_of_their_row)
{
    each_geometry(judge_waste);
}

TEST(each_class_is_the_floor_class_of_its_smallest_size)
{
    for (unsigned columns_log2 = 0; columns_log2 <= MAX_COLUMNS_LOG2; columns_log2++) {
        const unsigned rows = WORD_BITS - ALIGN_LOG2 - columns_log2 + 1U;
        size_t last = 0;
        for (size_t index = 0; index < (size_t)rows << columns_log2; index++) {
            const size_t smallest = size_class_smallest(index, columns_log2);
            CHECK(size_class_floor(smallest, columns_log2) == index);
            CHECK(index == 0 || smallest > last);
            last = smallest;
        }
    }
}

// mattconte/tlsf#2 and #3, VMA#231: sizes that round past the last class indexed behind the lists.
TEST(the_largest_size_of_some_rows_is_in_the_last_class_and_the_next_size_is_not)
{
    for (unsigned columns_log2 = 0; columns_log2 <= MAX_COLUMNS_LOG2; columns_log2++) {
        for (unsigned rows = 1; rows <= WORD_BITS - ALIGN_LOG2 - columns_log2; rows++) {
            const size_t largest = size_class_largest(rows, columns_log2);
            const size_t classes = (size_t)rows << columns_log2;
            CHECK(largest % SEGFIT_ALIGN == 0);
            CHECK(size_class_floor(largest, columns_log2) == classes - 1);
            CHECK(size_class_floor(largest + SEGFIT_ALIGN, columns_log2) == classes);
            CHECK(size_class_rows_for(largest, columns_log2) == rows);
            CHECK(size_class_rows_for(largest + SEGFIT_ALIGN, columns_log2) == rows + 1);
        }
    }
}

TEST(enough_rows_hold_every_size_of_the_address_space)
{
    for (unsigned columns_log2 = 0; columns_log2 <= MAX_COLUMNS_LOG2; columns_log2++) {
        const unsigned enough = WORD_BITS - ALIGN_LOG2 - columns_log2 + 1U;
        for (unsigned rows = enough; rows <= WORD_BITS; rows++) {
            CHECK(size_class_largest(rows, columns_log2) == MAX_BLOCK);
            CHECK(size_class_floor(MAX_BLOCK, columns_log2) < (size_t)rows << columns_log2);
            CHECK(size_class_ceil(MAX_BLOCK, columns_log2) <= (size_t)rows << columns_log2);
        }
        CHECK(size_class_rows_for(MAX_BLOCK, columns_log2) == enough);
    }
}
