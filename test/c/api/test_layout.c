// SPDX-License-Identifier: MIT
/// The layout descriptor suffices: a decoder written from segfit_layout alone, which reads a copy
/// of the memory and calls nothing, agrees with the walk, the statistics and the free lists.
#define TEST_MAIN
#include "../test.h"

#include "heap_fixture.h"

enum {
    MEMORY = 1 << 15,
    MOST_BLOCKS = 2000
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

/// A memory dump that was taken at the address `base`.
typedef struct dump {
    const unsigned char *bytes;
    uint64_t base;
    uint64_t heap;
} dump;

/// `bytes` bytes of the dump at an address, in this machine's order, as any reader would.
static uint64_t read_number(const dump *d, uint64_t address, unsigned bytes)
{
    uint64_t value = 0;
    const uint32_t one = 1;
    unsigned char first = 0;
    memcpy(&first, &one, 1);
    for (unsigned i = 0; i < bytes; i++) {
        const unsigned place = first == 1 ? i : bytes - 1 - i;
        value |= (uint64_t)d->bytes[address - d->base + i] << (8 * place);
    }
    return value;
}

static uint64_t read_word(const dump *d, uint64_t address)
{
    return read_number(d, address, segfit_layout.word_size);
}

static uint64_t read_figure(const dump *d, uint32_t offset)
{
    return read_word(d, d->heap + offset);
}

typedef struct decoded_block {
    uint64_t payload;
    uint64_t size;
    bool used;
    bool listed;
} decoded_block;

static decoded_block blocks[MOST_BLOCKS];

/// Reads all blocks of all pools; returns how many.
static size_t decode_blocks(const dump *d)
{
    size_t count = 0;
    uint64_t record = read_figure(d, segfit_layout.control_pools);
    for (; record != 0; record = read_word(d, record + segfit_layout.pool_next)) {
        const uint64_t end = read_word(d, record + segfit_layout.pool_end);
        uint64_t block = record + segfit_layout.pool_first;
        while (block != end && count < MOST_BLOCKS) {
            const uint64_t header = read_word(d, block);
            const uint64_t size = header & ~(uint64_t)segfit_layout.header_flags;
            blocks[count++] = (decoded_block){.payload = block + segfit_layout.block_payload,
                                              .size = size,
                                              .used = (header & segfit_layout.header_free) == 0};
            if ((header & segfit_layout.header_free) != 0) {
                const uint64_t footer = block + size - segfit_layout.block_footer_back;
                CHECK(read_word(d, footer) == size);
            }
            block += size;
        }
    }
    return count;
}

/// Marks the decoded block at a header as listed. False if it is no free block or listed already.
static bool mark_listed(size_t count, uint64_t header)
{
    for (size_t i = 0; i < count; i++) {
        if (blocks[i].payload == header + segfit_layout.block_payload) {
            const bool good = !blocks[i].used && !blocks[i].listed;
            blocks[i].listed = true;
            return good;
        }
    }
    return false;
}

/// Follows every list that the bitmaps announce; returns how many blocks they hold.
static size_t decode_lists(const dump *d, size_t count)
{
    const uint64_t rows = read_number(d, d->heap + segfit_layout.control_rows, 1);
    const uint64_t log2 = read_number(d, d->heap + segfit_layout.control_columns_log2, 1);
    const uint64_t heads = read_number(d, d->heap + segfit_layout.control_heads_offset, 4);
    const uint64_t row_bitmap = read_figure(d, segfit_layout.control_row_bitmap);
    size_t listed = 0;
    for (uint64_t row = 0; row < rows; row++) {
        const uint64_t at = d->heap + segfit_layout.control_column_bitmaps + 4 * row;
        const uint64_t columns = read_number(d, at, 4);
        CHECK(((row_bitmap >> row & 1) != 0) == (columns != 0));
        for (uint64_t column = 0; column < (uint64_t)1 << log2; column++) {
            const uint64_t index = (row << log2) + column;
            uint64_t block = read_word(d, d->heap + heads + index * segfit_layout.word_size);
            uint64_t before = 0;
            CHECK((block != 0) == ((columns >> column & 1) != 0));
            while (block != 0) {
                CHECK(mark_listed(count, block));
                CHECK(before == 0 || read_word(d, block + segfit_layout.block_prev_free) == before);
                listed++;
                before = block;
                block = read_word(d, block + segfit_layout.block_next_free);
            }
        }
    }
    return listed;
}

/// Decodes a copy of the memory and compares it with what the library says.
static void compare(const segfit_t *heap)
{
    image taken = image_take(memory.bytes, sizeof memory.bytes);
    const dump d = {taken.copy, (uintptr_t)memory.bytes, (uintptr_t)heap};
    const size_t count = decode_blocks(&d);
    size_t i = 0;
    for (segfit_walk_t walk = {0}; segfit_walk_next(heap, &walk); i++) {
        REQUIRE(i < count);
        CHECK(blocks[i].payload == (uintptr_t)walk.ptr && blocks[i].size == walk.size);
        CHECK(blocks[i].used == walk.used);
    }
    CHECK(i == count);
    const segfit_stats_t stats = stats_of(heap);
    CHECK(decode_lists(&d, count) == stats.free_blocks);
    CHECK(read_figure(&d, segfit_layout.stats_capacity) == stats.capacity);
    CHECK(read_figure(&d, segfit_layout.stats_used) == stats.used);
    CHECK(read_figure(&d, segfit_layout.stats_peak_used) == stats.peak_used);
    CHECK(read_figure(&d, segfit_layout.stats_peak_request) == stats.peak_request);
    CHECK(read_figure(&d, segfit_layout.stats_free_blocks) == stats.free_blocks);
    CHECK(read_figure(&d, segfit_layout.stats_allocs) == stats.allocs);
    CHECK(read_figure(&d, segfit_layout.stats_frees) == stats.frees);
    CHECK(read_figure(&d, segfit_layout.stats_failures) == stats.failures);
    CHECK(read_figure(&d, segfit_layout.stats_grows) == stats.grows);
    image_free(&taken);
}

TEST(the_descriptor_says_what_the_headers_say)
{
    CHECK(segfit_layout.magic == 0x54464753 && segfit_layout.version != 0);
    CHECK(segfit_layout.word_size == sizeof(void *));
    CHECK(segfit_layout.align == SEGFIT_ALIGN && segfit_layout.min_block == SEGFIT_MIN_BLOCK);
    CHECK(segfit_layout.control_size <= SEGFIT_CONTROL_SIZE(1, 1));
    CHECK((segfit_layout.header_free & segfit_layout.header_prev_free) == 0);
    CHECK((segfit_layout.header_free | segfit_layout.header_prev_free |
           segfit_layout.header_flags) == segfit_layout.header_flags);
    CHECK(segfit_layout.header_flags < SEGFIT_ALIGN);
    CHECK(segfit_layout.block_payload == SEGFIT_BLOCK_OVERHEAD);
    CHECK(sizeof segfit_layout % sizeof(uint32_t) == 0);
}

TEST(a_decoder_written_from_the_descriptor_reads_a_heap_of_many_pools)
{
    const segfit_options_t options = {.rows = 13, .columns = 8};
    segfit_t *const heap = segfit_init_empty(memory.bytes, 8192, &options);
    for (size_t i = 0; i < 3; i++) {
        CHECK(segfit_add_pool(heap, memory.bytes + 8192 * (i + 1) + 5 * i, 8000) != 0);
    }
    compare(heap);
    uint64_t state = test_seed();
    void *live[80] = {0};
    for (int i = 0; i < 4000; i++) {
        void **const block = &live[test_random_below(&state, 80)];
        segfit_free(heap, *block);
        *block = segfit_alloc(heap, test_random_below(&state, 600));
        if (i % 20 == 0) {
            compare(heap);
        }
    }
    CHECK(heap_is_sound(heap));
}

TEST(a_decoder_reads_heaps_of_every_geometry)
{
    for (unsigned columns = 1; columns <= 32; columns *= 2) {
        for (unsigned rows = 9; rows <= sizeof(size_t) * 8; rows += 11) {
            const segfit_options_t options = {.rows = rows, .columns = columns};
            segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, &options);
            REQUIRE(heap != NULL);
            void *last = NULL;
            for (size_t size = 1; size < 200; size++) {
                void *const block = segfit_alloc(heap, size);
                segfit_free(heap, size % 3 == 0 ? last : NULL);
                last = block;
            }
            compare(heap);
        }
    }
}
