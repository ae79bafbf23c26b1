// SPDX-License-Identifier: MIT
/// A segfit_panic of one's own that returns: the right code for each crime, and a heap in which not
/// one byte changed.
#define TEST_MAIN
#include "../test.h"

#include "report.h"
#include "../api/heap_fixture.h"
#include <segfit/growable.h>

enum {
    MEMORY = 1 << 14
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

/// The scene of the crime: three blocks of zeros, the middle one possibly freed.
typedef struct scene {
    segfit_t *heap;
    unsigned char *blocks[4];
} scene;

static scene set_scene(void)
{
    scene s = {.heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL)};
    for (size_t i = 0; i < 4; i++) {
        s.blocks[i] = segfit_alloc(s.heap, 200);
        memset(s.blocks[i], 0, 200);
    }
    return s;
}

typedef void crime(segfit_t *heap, void *ptr);

static void crime_free(segfit_t *heap, void *ptr)
{
    segfit_free(heap, ptr);
}

static void crime_realloc(segfit_t *heap, void *ptr)
{
    CHECK(segfit_realloc(heap, ptr, 100) == NULL);
}

static void crime_grow(segfit_t *heap, void *ptr)
{
    CHECK(segfit_realloc(heap, ptr, 2000) == NULL);
}

static void crime_realloc_aligned(segfit_t *heap, void *ptr)
{
    CHECK(segfit_realloc_aligned(heap, ptr, 64, 100) == NULL);
}

static void crime_resize(segfit_t *heap, void *ptr)
{
    CHECK(!segfit_resize(heap, ptr, 100));
}

static void crime_measure(segfit_t *heap, void *ptr)
{
    CHECK(segfit_usable_size(heap, ptr) == 0);
}

static void *grow_never(void *context, size_t min_size, size_t *size)
{
    (void)context;
    (void)min_size;
    (void)size;
    CHECK(false);
    return NULL;
}

static void crime_realloc_growable(segfit_t *heap, void *ptr)
{
    static const segfit_source_t source = {.grow = grow_never};
    segfit_growable_t growable = SEGFIT_GROWABLE_INITIALIZER(heap, &source);
    CHECK(segfit_growable_realloc_aligned(&growable, ptr, 64, 2000) == NULL);
}

static crime *const crimes[] = {
    crime_free,    crime_realloc,         crime_grow, crime_realloc_aligned, crime_resize,
    crime_measure, crime_realloc_growable};

/// Misuses `ptr` in every way: each misuse is reported once, as `code`, and changes nothing.
static void commit_all(const scene *s, void *ptr, segfit_fault_code_t code)
{
    image before = image_take(memory.bytes, sizeof memory.bytes);
    for (size_t i = 0; i < sizeof crimes / sizeof crimes[0]; i++) {
        report.calls = 0;
        crimes[i](s->heap, ptr);
        CHECK(report.calls == 1 && report.code == code);
        CHECK(report.heap == s->heap && report.ptr == ptr);
        CHECK(image_holds(&before));
    }
    CHECK(segfit_pointer_fault(s->heap, ptr) == code);
    image_free(&before);
}

// Zephyr PR 108758: the message was wrong once the block had been merged. The code is checked here.
TEST(freed_blocks_are_reported_as_freed_alone_and_merged_on_each_side)
{
    scene s = set_scene();
    segfit_free(s.heap, s.blocks[1]);
    commit_all(&s, s.blocks[1], SEGFIT_FREED);
    segfit_free(s.heap, s.blocks[2]);
    commit_all(&s, s.blocks[1], SEGFIT_FREED);
    commit_all(&s, s.blocks[2], SEGFIT_FREED);
    segfit_free(s.heap, s.blocks[0]);
    for (size_t i = 0; i < 3; i++) {
        commit_all(&s, s.blocks[i], SEGFIT_FREED);
    }
    CHECK(heap_is_sound(s.heap));
}

TEST(pointers_from_elsewhere_are_reported_as_outside)
{
    const scene s = set_scene();
    static max_align_t elsewhere[8];
    max_align_t on_the_stack[8] = {0};
    commit_all(&s, &elsewhere[2], SEGFIT_OUTSIDE);
    commit_all(&s, &on_the_stack[2], SEGFIT_OUTSIDE);
    commit_all(&s, s.heap, SEGFIT_OUTSIDE);
    commit_all(&s, (void *)(uintptr_t)SEGFIT_ALIGN, SEGFIT_OUTSIDE);
    commit_all(&s, (void *)(UINTPTR_MAX - 15U), SEGFIT_OUTSIDE);
    commit_all(&s, (void *)UINTPTR_MAX, SEGFIT_OUTSIDE);
    CHECK(heap_is_sound(s.heap));
}

TEST(pointers_into_a_block_are_reported_as_misaligned_or_as_no_block)
{
    const scene s = set_scene();
    for (size_t at = 1; at < 200; at++) {
        commit_all(&s, s.blocks[1] + at,
                   at % SEGFIT_ALIGN == 0 ? SEGFIT_NOT_A_BLOCK : SEGFIT_MISALIGNED);
    }
    CHECK(heap_is_sound(s.heap));
}

TEST(a_destroyed_header_is_reported_and_not_followed)
{
    const scene s = set_scene();
    memset(s.blocks[1] - sizeof(size_t), 0x40, sizeof(size_t));
    commit_all(&s, s.blocks[1], SEGFIT_NOT_A_BLOCK);
    memset(s.blocks[1] - sizeof(size_t), 0, sizeof(size_t));
    commit_all(&s, s.blocks[1], SEGFIT_NOT_A_BLOCK);
}

TEST(a_wrong_neighbour_is_reported)
{
    const scene s = set_scene();
    memset(s.blocks[2] - sizeof(size_t), 0xFF, sizeof(size_t));
    commit_all(&s, s.blocks[1], SEGFIT_NEIGHBOUR);
}

TEST(the_heap_still_serves_after_every_misuse)
{
    const scene s = set_scene();
    segfit_free(s.heap, s.blocks[1]);
    report.calls = 0;
    segfit_free(s.heap, s.blocks[1]);
    segfit_free(s.heap, s.blocks[1] + 1);
    CHECK(report.calls == 2);
    CHECK(segfit_alloc(s.heap, 200) == s.blocks[1]);
    for (size_t i = 0; i < 4; i++) {
        segfit_free(s.heap, s.blocks[i]);
    }
    CHECK(report.calls == 2 && heap_is_whole(s.heap, 1));
}

TEST(null_is_not_reported)
{
    const scene s = set_scene();
    report.calls = 0;
    segfit_free(s.heap, NULL);
    CHECK(segfit_usable_size(s.heap, NULL) == 0);
    CHECK(!segfit_resize(s.heap, NULL, 1));
    CHECK(segfit_realloc(s.heap, NULL, 1) != NULL);
    CHECK(report.calls == 0);
}
