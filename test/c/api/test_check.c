// SPDX-License-Identifier: MIT
/// segfit_check: every broken field is found and the right invariant named; whatever the memory
/// holds, no byte outside it is read (AddressSanitizer sees to that) and the check ends.
#define TEST_MAIN
#include "../test.h"

#include "heap_fixture.h"

enum {
    ROWS = 12,
    COLUMNS = 8,
    POOL = 4096,
    BLOCKS = 24
};

/// One region with the control structure and two pools; several free blocks share a list.
typedef struct patient {
    region memory;
    segfit_t *heap;
    unsigned char *second_pool;
    /// Header addresses, used and free blocks in turn; 0 to 2 of the free ones share a list.
    unsigned char *used[BLOCKS / 2];
    unsigned char *free[BLOCKS / 2];
} patient;

static patient admit(void)
{
    const segfit_options_t options = {.rows = ROWS, .columns = COLUMNS};
    const size_t control = SEGFIT_CONTROL_SIZE(ROWS, COLUMNS);
    patient p = {.memory = region_make(control + 2 * POOL, 0)};
    p.heap = segfit_init_empty(p.memory.memory, control, &options);
    const size_t taken = segfit_add_pool(p.heap, p.memory.memory + control, POOL);
    p.second_pool = p.memory.memory + control + taken;
    if (segfit_add_pool(p.heap, p.second_pool, 2 * POOL - taken) == 0) {
        exit(1);
    }
    unsigned char *blocks[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = segfit_alloc(p.heap, 152);
    }
    for (size_t i = 0; i < BLOCKS / 2; i++) {
        p.used[i] = blocks[2 * i] - segfit_layout.block_payload;
        p.free[i] = blocks[2 * i + 1] - segfit_layout.block_payload;
        segfit_free(p.heap, blocks[2 * i + 1]);
    }
    return p;
}

static void discharge(patient *p)
{
    CHECK(heap_is_sound(p->heap) && region_is_guarded(&p->memory));
    region_free(&p->memory);
}

static size_t word_at(const void *where, size_t offset)
{
    size_t value = 0;
    memcpy(&value, (const unsigned char *)where + offset, sizeof value);
    return value;
}

static void set_word(void *where, size_t offset, size_t value)
{
    memcpy((unsigned char *)where + offset, &value, sizeof value);
}

/// The invariant that the check names with a word changed to `value`; the word is then put back.
static unsigned named_with(const patient *p, void *where, size_t offset, size_t value)
{
    const size_t before = word_at(where, offset);
    segfit_fault_t fault = {0};
    set_word(where, offset, value);
    const bool sound = segfit_check(p->heap, &fault);
    const bool same = segfit_check(p->heap, NULL) == sound;
    set_word(where, offset, before);
    return sound || !same ? 0 : fault.invariant;
}

static size_t header(const void *block)
{
    return word_at(block, 0);
}

static size_t size_of(const void *block)
{
    return header(block) & ~(size_t)segfit_layout.header_flags;
}

/// The highest number that an invariant has.
enum {
#define X(number, name, text) number_of_##name = number,
    SEGFIT_INVARIANTS(X)
#undef X
    after_the_last,
    last_invariant = after_the_last - 1
};

TEST(the_heap_of_these_tests_is_sound_and_has_all_that_is_broken_below)
{
    patient p = admit();
    CHECK(heap_is_sound(p.heap));
    for (size_t i = 0; i < BLOCKS / 2; i++) {
        CHECK((header(p.used[i]) & segfit_layout.header_free) == 0);
        CHECK((header(p.free[i]) & segfit_layout.header_free) != 0);
    }
    CHECK(word_at(p.free[1], segfit_layout.block_next_free) == (uintptr_t)p.free[0]);
    CHECK(word_at(p.free[1], segfit_layout.block_prev_free) == (uintptr_t)p.free[2]);
    discharge(&p);
}

TEST(invariant_1_the_geometry)
{
    patient p = admit();
    unsigned char *const bytes = (unsigned char *)p.heap;
    const uint32_t fields[] = {segfit_layout.control_rows, segfit_layout.control_columns_log2,
                               segfit_layout.control_policy, segfit_layout.control_heads_offset};
    const unsigned char bad[][2] = {{0, 255}, {6, 255}, {2, 255}, {0, 1}};
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < 2; k++) {
            const unsigned char before = bytes[fields[i]];
            segfit_fault_t fault = {0};
            bytes[fields[i]] = bad[i][k];
            CHECK(!segfit_check(p.heap, &fault));
            CHECK(fault.invariant == 1 && fault.where == p.heap);
            bytes[fields[i]] = before;
        }
    }
    discharge(&p);
}

TEST(invariant_2_the_pools)
{
    patient p = admit();
    void *const control = p.heap;
    const uint32_t pools = segfit_layout.control_pools;
    unsigned char *const record = (unsigned char *)word_at(control, pools);
    const size_t next = word_at(record, segfit_layout.pool_next);
    const size_t bad[] = {
        1,        sizeof(void *),           (uintptr_t)record + 1,       (uintptr_t)control,
        SIZE_MAX, (uintptr_t)p.memory.base, (uintptr_t)record + 2 * POOL};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(named_with(&p, control, pools, bad[i]) == 2);
        CHECK(named_with(&p, record, segfit_layout.pool_next, bad[i]) == 2);
        CHECK(named_with(&p, record, segfit_layout.pool_end, bad[i]) == 2);
        CHECK(named_with(&p, record, segfit_layout.pool_memory, bad[i]) == 2 || i == 2);
    }
    // A pool too small for a block.
    unsigned char *const first = p.used[0];
    unsigned char *const holder =
        (uintptr_t)first - (uintptr_t)record < POOL ? record : (void *)next;
    CHECK(named_with(&p, holder, segfit_layout.pool_end, (uintptr_t)first + SEGFIT_ALIGN) == 2);
    // A circle of one and of two records.
    CHECK(named_with(&p, record, segfit_layout.pool_next, (uintptr_t)record) == 2);
    CHECK(named_with(&p, (void *)next, segfit_layout.pool_next, (uintptr_t)record) == 2);
    // One that the way from the first leads into.
    CHECK(named_with(&p, (void *)next, segfit_layout.pool_next, next) == 2);
    void *const end = (void *)word_at(record, segfit_layout.pool_end);
    CHECK(named_with(&p, end, 0, SEGFIT_MIN_BLOCK) == 2);
    CHECK(named_with(&p, end, 0, header(end) | segfit_layout.header_free) == 2);
    discharge(&p);
}

TEST(invariant_3_the_sizes)
{
    patient p = admit();
    const size_t bad[] = {0, SEGFIT_ALIGN, SEGFIT_MIN_BLOCK - SEGFIT_ALIGN, 3 * POOL,
                          SIZE_MAX & ~(size_t)(SEGFIT_ALIGN - 1)};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const size_t flags = header(p.used[3]) & segfit_layout.header_flags;
        CHECK(named_with(&p, p.used[3], 0, bad[i] | flags) == 3);
        CHECK(named_with(&p, p.used[0], 0, bad[i]) == 3);
    }
    CHECK(named_with(&p, p.free[0], 0, segfit_layout.header_free) == 3);
    discharge(&p);
}

TEST(invariants_4_and_5_free_neighbours_and_what_a_header_says_of_the_block_before)
{
    patient p = admit();
    const size_t prev_free = segfit_layout.header_prev_free;
    for (size_t i = 1; i < BLOCKS / 2; i++) {
        CHECK(named_with(&p, p.used[i], 0, header(p.used[i]) ^ prev_free) == 5);
        CHECK(named_with(&p, p.free[i], 0, header(p.free[i]) ^ prev_free) == 5);
    }
    // A used block marked free behind a free one that it knows of.
    CHECK(named_with(&p, p.used[4], 0, header(p.used[4]) | segfit_layout.header_free) == 4);
    discharge(&p);
}

TEST(invariant_6_the_footers)
{
    patient p = admit();
    for (size_t i = 0; i < BLOCKS / 2 - 1; i++) {
        const size_t at = size_of(p.free[i]) - segfit_layout.block_footer_back;
        CHECK(named_with(&p, p.free[i], at, 0) == 6);
        CHECK(named_with(&p, p.free[i], at, size_of(p.free[i]) + SEGFIT_ALIGN) == 6);
        CHECK(named_with(&p, p.free[i], at, SIZE_MAX) == 6);
    }
    discharge(&p);
}

TEST(invariant_7_the_links)
{
    patient p = admit();
    const size_t bad[] = {1,
                          sizeof(void *),
                          SIZE_MAX,
                          (uintptr_t)p.heap,
                          (uintptr_t)p.used[5],
                          (uintptr_t)p.free[1],
                          (uintptr_t)p.free[4] + SEGFIT_ALIGN,
                          (uintptr_t)p.memory.base};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(named_with(&p, p.free[1], segfit_layout.block_next_free, bad[i]) == 7);
        CHECK(named_with(&p, p.free[1], segfit_layout.block_prev_free, bad[i]) == 7);
    }
    CHECK(named_with(&p, p.free[1], segfit_layout.block_prev_free, 0) == 7);
    // The list's last, to which no other leads back.
    CHECK(named_with(&p, p.free[0], segfit_layout.block_next_free, (uintptr_t)p.used[5]) == 7);
    // The rest of the list is cut off.
    CHECK(named_with(&p, p.free[2], segfit_layout.block_next_free, 0) == 7);
    discharge(&p);
}

TEST(invariant_8_blocks_that_lead_to_one_another_and_not_from_the_head)
{
    patient p = admit();
    const uint32_t next = segfit_layout.block_next_free;
    const uint32_t prev = segfit_layout.block_prev_free;
    // The list is 2, 1, 0.
    const size_t ring[][3] = {{next, (uintptr_t)p.free[0], 1},
                              {prev, (uintptr_t)p.free[0], 1},
                              {next, (uintptr_t)p.free[1], 0},
                              {prev, (uintptr_t)p.free[1], 0}};
    for (size_t i = 0; i < 4; i++) {
        set_word(p.free[ring[i][2]], ring[i][0], ring[i][1]);
    }
    set_word(p.free[2], next, 0);
    segfit_fault_t fault = {0};
    CHECK(!segfit_check(p.heap, &fault) && fault.invariant == 8);
    region_free(&p.memory);
}

TEST(invariant_3_a_free_block_that_no_class_holds)
{
    static max_align_t memory[POOL / sizeof(max_align_t)];
    const segfit_options_t options = {.rows = ROWS, .columns = COLUMNS};
    segfit_t *const heap = segfit_init(memory, sizeof memory, &options);
    // As a heap of two rows would be, whose largest block is smaller.
    const uint32_t heads = SEGFIT_HEADS_OFFSET(2);
    ((unsigned char *)heap)[segfit_layout.control_rows] = 2;
    memcpy((unsigned char *)heap + segfit_layout.control_heads_offset, &heads, sizeof heads);
    segfit_fault_t fault = {0};
    CHECK(!segfit_check(heap, &fault) && fault.invariant == 3);
}

/// The address of the list head that holds `block`.
static unsigned char *head_of(const patient *p, const void *block)
{
    uint32_t heads = 0;
    memcpy(&heads, (unsigned char *)p->heap + segfit_layout.control_heads_offset, sizeof heads);
    const size_t index = segfit_class_of(p->heap, size_of(block));
    return (unsigned char *)p->heap + heads + index * sizeof(void *);
}

TEST(invariant_8_a_list_without_an_end)
{
    patient p = admit();
    const uint32_t next = segfit_layout.block_next_free;
    unsigned char *const first = (unsigned char *)word_at(head_of(&p, p.free[0]), 0);
    unsigned char *last = first;
    while (word_at(last, next) != 0) {
        last = (unsigned char *)word_at(last, next);
    }
    set_word(last, next, (uintptr_t)first);
    set_word(first, segfit_layout.block_prev_free, (uintptr_t)last);
    segfit_fault_t fault = {0};
    CHECK(first != last && !segfit_check(p.heap, &fault) && fault.invariant == 8);
    region_free(&p.memory);
}

TEST(invariants_7_to_9_the_list_heads)
{
    patient p = admit();
    unsigned char *const head = head_of(&p, p.free[0]);
    const unsigned char *const first = (unsigned char *)word_at(head, 0);
    const size_t bad[] = {1,
                          sizeof(void *),
                          SIZE_MAX,
                          (uintptr_t)p.heap,
                          (uintptr_t)p.free[0],
                          (uintptr_t)first + SEGFIT_ALIGN,
                          0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const unsigned named = named_with(&p, head, 0, bad[i]);
        CHECK(named >= 7 && named <= 9);
    }
    // A head in a class that has no bit.
    const size_t other = segfit_class_of(p.heap, size_of(p.free[0])) + 1;
    unsigned char *const empty = head_of(&p, p.free[0]) + sizeof(void *);
    CHECK(word_at(empty, 0) == 0 && other < (size_t)ROWS * COLUMNS);
    CHECK(named_with(&p, empty, 0, (uintptr_t)p.free[0]) == 9);
    discharge(&p);
}

TEST(invariants_9_and_10_every_bit_of_the_bitmaps)
{
    patient p = admit();
    unsigned char *const columns = (unsigned char *)p.heap + segfit_layout.control_column_bitmaps;
    for (size_t row = 0; row < ROWS; row++) {
        for (unsigned bit = 0; bit < 32; bit++) {
            segfit_fault_t fault = {0};
            uint32_t map = 0;
            memcpy(&map, columns + 4 * row, 4);
            const uint32_t flipped = map ^ (uint32_t)1 << bit;
            memcpy(columns + 4 * row, &flipped, 4);
            CHECK(!segfit_check(p.heap, &fault) && fault.invariant == 9);
            memcpy(columns + 4 * row, &map, 4);
        }
    }
    const size_t rows = word_at(p.heap, segfit_layout.control_row_bitmap);
    for (unsigned bit = 0; bit < sizeof(size_t) * 8; bit++) {
        CHECK(named_with(&p, p.heap, segfit_layout.control_row_bitmap, rows ^ (size_t)1 << bit) ==
              10);
    }
    discharge(&p);
}

TEST(invariant_11_the_statistics)
{
    patient p = admit();
    const uint32_t fields[] = {segfit_layout.stats_capacity, segfit_layout.stats_used,
                               segfit_layout.stats_free_blocks, segfit_layout.stats_allocs,
                               segfit_layout.stats_frees};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        for (unsigned bit = 0; bit < sizeof(size_t) * 8; bit++) {
            const size_t value = word_at(p.heap, fields[i]);
            CHECK(named_with(&p, p.heap, fields[i], value ^ (size_t)1 << bit) == 11);
        }
    }
    CHECK(named_with(&p, p.heap, segfit_layout.stats_peak_used, 0) == 11);
    discharge(&p);
}

TEST(every_flipped_bit_of_the_bounds_is_found)
{
    patient p = admit();
    const size_t fields[] = {offsetof(segfit_t, low), offsetof(segfit_t, high)};
    for (size_t i = 0; i < 2; i++) {
        for (unsigned bit = 0; bit < sizeof(size_t) * 8; bit++) {
            const size_t value = word_at(p.heap, fields[i]);
            CHECK(named_with(&p, p.heap, fields[i], value ^ (size_t)1 << bit) != 0);
        }
    }
    discharge(&p);
}

TEST(invariant_12_the_spare_bit)
{
    patient p = admit();
    const size_t spare =
        segfit_layout.header_flags & ~segfit_layout.header_free & ~segfit_layout.header_prev_free;
    for (size_t i = 0; i < BLOCKS / 2; i++) {
        CHECK(named_with(&p, p.used[i], 0, header(p.used[i]) | spare) == 12);
        CHECK(named_with(&p, p.free[i], 0, header(p.free[i]) | spare) == 12);
    }
    discharge(&p);
}

TEST(the_broken_block_is_named_by_its_payload)
{
    patient p = admit();
    segfit_fault_t fault = {0};
    const size_t before = header(p.used[6]);
    set_word(p.used[6], 0, 0);
    CHECK(!segfit_check(p.heap, &fault));
    CHECK(fault.invariant == 3 && fault.where == p.used[6] + segfit_layout.block_payload);
    set_word(p.used[6], 0, before);
    discharge(&p);
}

/// True if no free block's link leads to `block`.
static bool is_first_of_its_list(const patient *p, const void *block)
{
    for (segfit_walk_t walk = {0}; segfit_walk_next(p->heap, &walk);) {
        const unsigned char *const other = (unsigned char *)walk.ptr - segfit_layout.block_payload;
        if (!walk.used && word_at(other, segfit_layout.block_next_free) == (uintptr_t)block) {
            return false;
        }
    }
    return true;
}

TEST(every_flipped_bit_of_every_header_footer_and_link_is_found)
{
    patient p = admit();
    for (segfit_walk_t walk = {0}; segfit_walk_next(p.heap, &walk);) {
        unsigned char *const block = (unsigned char *)walk.ptr - segfit_layout.block_payload;
        const size_t fields[] = {0, segfit_layout.block_next_free, segfit_layout.block_prev_free,
                                 walk.size - segfit_layout.block_footer_back};
        for (size_t i = 0; i < (walk.used ? 1 : 4); i++) {
            // The link that has no meaning may say anything.
            const bool matters = i != 2 || !is_first_of_its_list(&p, block);
            const size_t value = word_at(block, fields[i]);
            for (unsigned bit = 0; bit < sizeof(size_t) * 8; bit++) {
                const unsigned named = named_with(&p, block, fields[i], value ^ (size_t)1 << bit);
                CHECK((named != 0) == matters);
            }
        }
    }
    discharge(&p);
}

/// Overwrites some words at random between `from` and `to`.
static void scribble(unsigned char *from, const unsigned char *to, uint64_t *state)
{
    const size_t words = (size_t)(to - from) / sizeof(size_t);
    const size_t count = 1 + test_random_below(state, 8);
    for (size_t i = 0; i < count; i++) {
        const size_t at = test_random_below(state, words) * sizeof(size_t);
        const size_t inside = (uintptr_t)from + test_random_below(state, (size_t)(to - from));
        const size_t kinds[] = {0,
                                SIZE_MAX,
                                (size_t)test_random(state),
                                inside,
                                inside & ~(size_t)(SEGFIT_ALIGN - 1),
                                32,
                                64 | 1,
                                176 | 3};
        set_word(from, at, kinds[test_random_below(state, 8)]);
    }
}

TEST(a_check_of_scribbled_pools_ends_and_stays_within_them)
{
    patient p = admit();
    uint64_t state = test_seed();
    image sound = image_take(p.memory.memory, p.memory.size);
    unsigned char *const pools = p.memory.memory + SEGFIT_CONTROL_SIZE(ROWS, COLUMNS);
    unsigned found = 0;
    for (int i = 0; i < 20000; i++) {
        scribble(pools, p.memory.memory + p.memory.size, &state);
        segfit_fault_t fault = {0};
        const bool passed = segfit_check(p.heap, &fault);
        CHECK(passed || (fault.invariant >= 1 && fault.invariant <= last_invariant));
        found += !passed;
        memcpy(p.memory.memory, sound.copy, sound.size);
    }
    CHECK(found > 1000);
    image_free(&sound);
    discharge(&p);
}

TEST(every_invariant_has_a_text_and_nothing_else_has)
{
    size_t count = 0;
#define X(number, name, text)                                \
    count++;                                                 \
    CHECK(strcmp(segfit_invariant_text(number), text) == 0); \
    CHECK(strlen(segfit_invariant_text(number)) > 0);
    SEGFIT_INVARIANTS(X)
#undef X
    CHECK(count == last_invariant);
    CHECK(segfit_invariant_text(0)[0] == '\0');
    CHECK(segfit_invariant_text(last_invariant + 1)[0] == '\0');
    CHECK(segfit_invariant_text(UINT32_MAX)[0] == '\0');
}
