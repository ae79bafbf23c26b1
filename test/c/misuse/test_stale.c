// SPDX-License-Identifier: MIT
/// Pointers to blocks that vanished without being freed: each way in which blocks can vanish, and
/// every function that takes a pointer. Each such pointer is reported until its memory is used
/// again, and changes nothing.
#define TEST_MAIN
#include "../test.h"

#include "report.h"
#include "../api/heap_fixture.h"
#include <segfit/growable.h>

enum {
    MEMORY = 1 << 15,
    PAGE = 4096,
    BLOCKS = 40
};

static union {
    max_align_t align[MEMORY / sizeof(max_align_t)];
    unsigned char bytes[MEMORY];
} memory;

/// A heap, and pointers to blocks that lived there once.
typedef struct scene {
    segfit_t *heap;
    unsigned char *blocks[BLOCKS];
} scene;

/// Allocates all blocks, of many sizes, and frees some. Their bytes look like no header.
static void scene_fill(scene *s)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        const size_t size = i * 37 % 301;
        s->blocks[i] =
            i % 7 == 6 ? segfit_alloc_aligned(s->heap, 128, size) : segfit_alloc(s->heap, size);
        REQUIRE(s->blocks[i] != NULL);
        memset(s->blocks[i], 0xFF, size);
    }
    for (size_t i = 0; i < BLOCKS; i += 3) {
        segfit_free(s->heap, s->blocks[i]);
    }
}

static scene scene_make(void)
{
    scene s = {.heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL)};
    scene_fill(&s);
    return s;
}

/// True if one call was reported, as `code` if that is not SEGFIT_OK.
static bool was_reported(const scene *s, const void *ptr, segfit_fault_code_t code)
{
    const bool once = report.calls == 1 && report.heap == s->heap && report.ptr == ptr;
    report.calls = 0;
    return once && (code == SEGFIT_OK || report.code == code);
}

/// Hands `ptr` to every function: each reports it and changes nothing.
static void check_reported(const scene *s, void *ptr, segfit_fault_code_t code)
{
    image before = image_take(memory.bytes, sizeof memory.bytes);
    report.calls = 0;
    segfit_free(s->heap, ptr);
    CHECK(was_reported(s, ptr, code));
    CHECK(segfit_realloc(s->heap, ptr, 1000) == NULL && was_reported(s, ptr, code));
    CHECK(segfit_realloc_aligned(s->heap, ptr, 64, 8) == NULL && was_reported(s, ptr, code));
    CHECK(!segfit_resize(s->heap, ptr, 8) && was_reported(s, ptr, code));
    CHECK(segfit_usable_size(s->heap, ptr) == 0 && was_reported(s, ptr, code));
    const segfit_fault_code_t fault = segfit_pointer_fault(s->heap, ptr);
    CHECK(fault != SEGFIT_OK && (code == SEGFIT_OK || fault == code));
    CHECK(image_holds(&before));
    image_free(&before);
}

/// Every pointer from before is reported; those behind a new block as well.
static void check_all_reported(const scene *s, segfit_fault_code_t code)
{
    CHECK(heap_is_sound(s->heap));
    for (size_t i = 0; i < BLOCKS; i++) {
        check_reported(s, s->blocks[i], code);
    }
    unsigned char *const block = segfit_alloc(s->heap, 900);
    const size_t size = segfit_usable_size(s->heap, block);
    memset(block, 0xFF, size);
    for (size_t i = 0; i < BLOCKS; i++) {
        if (s->blocks[i] > block + size + SEGFIT_MIN_BLOCK) {
            check_reported(s, s->blocks[i], code);
        }
    }
    segfit_free(s->heap, block);
    CHECK(report.calls == 0 && heap_is_sound(s->heap));
}

TEST(the_smallest_program_that_made_two_blocks_overlap)
{
    scene s = {.heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL)};
    for (size_t i = 0; i < 4; i++) {
        s.blocks[i] = segfit_alloc(s.heap, 100);
    }
    segfit_reset(s.heap);
    report.calls = 0;
    segfit_free(s.heap, s.blocks[2]);
    CHECK(was_reported(&s, s.blocks[2], SEGFIT_FREED));
    unsigned char *const large = segfit_alloc(s.heap, 400);
    const unsigned char *const small = segfit_alloc(s.heap, 100);
    CHECK(small >= large + 400 || small + 100 <= large);
}

TEST(blocks_of_a_heap_that_was_reset)
{
    scene s = scene_make();
    segfit_reset(s.heap);
    check_all_reported(&s, SEGFIT_FREED);
    // The block that was allocated meanwhile had other bytes in it.
    segfit_reset(s.heap);
    check_all_reported(&s, SEGFIT_OK);
}

TEST(blocks_of_a_damaged_heap_that_was_reset)
{
    for (size_t damaged = 1; damaged < BLOCKS; damaged++) {
        scene s = scene_make();
        memset(s.blocks[damaged] - sizeof(size_t), (int)damaged * 16, 1);
        segfit_reset(s.heap);
        s.blocks[damaged] = s.blocks[0];
        check_all_reported(&s, SEGFIT_OK);
    }
}

TEST(blocks_of_a_heap_that_was_made_again)
{
    scene s = scene_make();
    s.heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL);
    check_all_reported(&s, SEGFIT_FREED);
}

TEST(blocks_of_a_heap_in_whose_memory_another_one_was_made)
{
    for (size_t offset = 0; offset < 2000; offset += 24) {
        scene s = scene_make();
        const segfit_options_t options = {.columns = offset % 3 == 0 ? 4 : 16, .largest = MEMORY};
        s.heap = segfit_init(memory.bytes + offset, sizeof memory.bytes - offset, &options);
        check_all_reported(&s, SEGFIT_OK);
    }
}

TEST(blocks_of_a_pool_that_was_removed_and_added)
{
    for (size_t offset = 0; offset < 200; offset += 8) {
        const segfit_options_t options = {.largest = MEMORY};
        scene s = {.heap = segfit_init_empty(memory.bytes, PAGE, &options)};
        segfit_add_pool(s.heap, memory.bytes + PAGE, 4 * PAGE);
        scene_fill(&s);
        segfit_reset(s.heap);
        CHECK(segfit_remove_pool(s.heap, memory.bytes + PAGE));
        CHECK(segfit_add_pool(s.heap, memory.bytes + PAGE + offset, 4 * PAGE) != 0);
        check_all_reported(&s, SEGFIT_OK);
    }
}

TEST(blocks_behind_a_pool_that_was_extended)
{
    scene s = scene_make();
    const segfit_options_t options = {.largest = MEMORY};
    s.heap = segfit_init_empty(memory.bytes, PAGE, &options);
    size_t taken = segfit_add_pool(s.heap, memory.bytes + PAGE, 250);
    for (size_t more = 1; more != 0; taken += more) {
        const size_t left = sizeof memory.bytes - PAGE - taken;
        more = segfit_extend_pool(s.heap, memory.bytes + PAGE, left < 136 ? left : 136);
    }
    check_all_reported(&s, SEGFIT_OK);
}

static bool memory_is_taken;

static void *memory_grow(void *context, size_t min_size, size_t *size)
{
    (void)context;
    if (memory_is_taken || min_size > sizeof memory.bytes - PAGE) {
        return NULL;
    }
    memory_is_taken = true;
    *size = 2 * PAGE;
    return memory.bytes + PAGE;
}

static size_t memory_extend(void *context, void *end, size_t min_size)
{
    (void)context;
    const size_t left = (size_t)(memory.bytes + sizeof memory.bytes - (unsigned char *)end);
    return min_size <= left ? min_size : 0;
}

static void memory_release(void *context, void *released, size_t size)
{
    (void)context;
    (void)released;
    (void)size;
    memory_is_taken = false;
}

TEST(blocks_of_a_source_that_gives_the_same_memory_again)
{
    static const segfit_source_t source = {
        .grow = memory_grow, .extend = memory_extend, .release = memory_release};
    const segfit_options_t options = {.largest = MEMORY};
    scene s = {.heap = segfit_init_empty(memory.bytes, PAGE, &options)};
    segfit_growable_t growable = SEGFIT_GROWABLE_INITIALIZER(s.heap, &source);
    for (int round = 0; round < 2; round++) {
        CHECK(segfit_growable_reserve(&growable, sizeof memory.bytes / 2));
        scene_fill(&s);
        if (round == 0) {
            segfit_growable_destroy(&growable);
        } else {
            segfit_reset(s.heap);
            CHECK(segfit_growable_trim(&growable) != 0);
        }
        CHECK(segfit_growable_reserve(&growable, sizeof memory.bytes / 2));
        check_all_reported(&s, SEGFIT_OK);
        segfit_growable_destroy(&growable);
    }
}

TEST(a_block_that_moved_back_leaves_no_header)
{
    scene s = scene_make();
    for (size_t size = 8; size < 200; size += 8) {
        segfit_reset(s.heap);
        void *const first = segfit_alloc(s.heap, 600);
        unsigned char *const block = segfit_alloc(s.heap, size);
        void *const behind = segfit_alloc(s.heap, 8);
        memset(block, 0xFF, size);
        segfit_free(s.heap, first);
        segfit_flush(s.heap);
        report.calls = 0;
        CHECK(segfit_realloc(s.heap, block, size + 100) == first && behind != NULL);
        check_reported(&s, block, SEGFIT_FREED);
    }
}

TEST(live_blocks_are_not_reported)
{
    scene s = scene_make();
    for (int round = 0; round < 3; round++) {
        report.calls = 0;
        segfit_reset(s.heap);
        scene_fill(&s);
        for (size_t i = 0; i < BLOCKS; i++) {
            if (i % 3 != 0) {
                CHECK(segfit_pointer_fault(s.heap, s.blocks[i]) == SEGFIT_OK);
                segfit_free(s.heap, s.blocks[i]);
            }
        }
        segfit_flush(s.heap);
        CHECK(report.calls == 0 && heap_is_whole(s.heap, 1));
    }
}

TEST(memory_declared_as_zero_is_served_and_cleared)
{
    static union {
        max_align_t align[PAGE / sizeof(max_align_t)];
        unsigned char bytes[PAGE];
    } fresh[2];
    const segfit_options_t options = {.largest = MEMORY, .zeroed = true};
    segfit_t *const heap = segfit_init(fresh[0].bytes, PAGE, &options);
    REQUIRE(heap != NULL);
    CHECK(segfit_add_zeroed_pool(heap, fresh[1].bytes, PAGE) > PAGE / 2);
    CHECK(segfit_add_zeroed_pool(heap, fresh[1].bytes, PAGE) == 0);
    for (size_t round = 0; round < 3; round++) {
        unsigned char *blocks[20];
        for (size_t i = 0; i < 20; i++) {
            blocks[i] = segfit_calloc(heap, 1, i * 10);
            CHECK(blocks[i] != NULL && is_zero(blocks[i], i * 10));
            memset(blocks[i], 0xFF, i * 10);
        }
        for (size_t i = round % 2; i < 20; i += 2) {
            segfit_free(heap, blocks[i]);
        }
        segfit_reset(heap);
    }
    CHECK(heap_is_sound(heap));
}
