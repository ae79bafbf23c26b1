// SPDX-License-Identifier: MIT
/// Level 4 where the whole heap is looked at seldom (SEGFIT_WALK=3) or never (0): what each call
/// looks at by itself. Compiled with SEGFIT_CHECK=4, SEGFIT_QUARANTINE=8 and
/// SEGFIT_QUARANTINE_LARGEST=1024.
#define TEST_MAIN
#include "../test.h"

#include "report.h"
#include "../api/heap_fixture.h"
#include <segfit/inspect.h>

enum {
    MEMORY = 1 << 14,
    HELD = 8,
    SIZE = 100,
    BITS = 8
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

/// Used blocks with one more behind each; those of even index are then held, 0 first.
typedef struct scene {
    segfit_t *heap;
    unsigned char *blocks[2 * HELD];
} scene;

static scene set_scene(size_t held)
{
    scene s = {.heap = segfit_init(memory.bytes, sizeof memory.bytes, NULL)};
    for (size_t i = 0; i < 2 * HELD; i++) {
        s.blocks[i] = segfit_alloc(s.heap, SIZE);
    }
    for (size_t i = 0; i < held; i++) {
        segfit_free(s.heap, s.blocks[2 * i]);
    }
    CHECK(report.calls == 0 && segfit_check(s.heap, NULL));
    return s;
}

/// The last call of a scene: three are enough for a walk.
static void call_thrice(const scene *s)
{
    for (int i = 0; i < 3; i++) {
        segfit_free(s->heap, segfit_alloc(s->heap, 2000));
    }
}

TEST(the_call_that_checks_the_whole_heap_reports_damage)
{
    const scene s = set_scene(0);
    s.blocks[1][SIZE] ^= 1;
    call_thrice(&s);
    CHECK(SEGFIT_WALK == 0 ? report.calls == 0
                           : report.calls >= 1 && report.code == SEGFIT_OVERRUN);
    report.calls = 0;
    CHECK(segfit_pointer_fault(s.heap, s.blocks[1]) == SEGFIT_OVERRUN);
}

#if SEGFIT_WALK == 0

static bool told(segfit_fault_code_t code, const void *ptr)
{
    const bool right = report.calls == 1 && report.code == code && report.ptr == ptr;
    report.calls = 0;
    return right;
}

static unsigned char *header_of(unsigned char *payload)
{
    return payload - segfit_layout.block_payload;
}

TEST(a_write_to_the_newest_or_oldest_quarantined_block_is_reported_before_one_leaves)
{
    for (size_t index = 0; index < 3; index += 2) {
        for (size_t at = 0; at < SIZE; at++) {
            const scene s = set_scene(3);
            unsigned char *const block = s.blocks[2 * index];
            block[at] ^= 0x10;
            CHECK(!segfit_check(s.heap, NULL));
            CHECK(!segfit_flush(s.heap));
            CHECK(told(SEGFIT_USED_AFTER_FREE, block));
            CHECK(!segfit_flush(s.heap) && report.calls == 0);
        }
    }
}

TEST(an_overwritten_header_of_a_quarantined_block_is_not_followed)
{
    for (size_t index = 0; index < 3; index++) {
        for (size_t bit = 0; bit < sizeof(size_t) * BITS; bit++) {
            const scene s = set_scene(3);
            header_of(s.blocks[2 * index])[bit / BITS] ^= (unsigned char)(1U << bit % BITS);
            segfit_stats_t stats;
            segfit_stats(s.heap, &stats);
            CHECK(!segfit_check(s.heap, NULL));
            segfit_flush(s.heap);
            CHECK(report.calls >= 1);
            report.calls = 0;
        }
    }
}

TEST(a_wrong_link_to_the_newest_quarantined_block_is_reported_as_damage_of_the_heap)
{
    scene s = set_scene(2);
    const uintptr_t live = (uintptr_t)header_of(s.blocks[1]);
    const uintptr_t newest = s.heap->held;
    const uintptr_t bad[] = {1, newest + 1, newest + SEGFIT_ALIGN, live, SIZE_MAX, s.heap->high};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        s = set_scene(2);
        s.heap->held = bad[i];
        CHECK(!segfit_check(s.heap, NULL));
        CHECK(!segfit_flush(s.heap));
        CHECK(told(SEGFIT_CONTROL, s.heap));
    }
    // The same where nothing is held.
    s = set_scene(0);
    segfit_fault_t fault = {0};
    s.heap->held = live;
    CHECK(!segfit_check(s.heap, &fault) && fault.invariant == 15);
    report.calls = 0;
}

TEST(no_block_leaves_the_quarantine_beside_an_overwritten_one)
{
    for (int full = 0; full < 2; full++) {
        const scene s = set_scene(HELD);
        memset(header_of(s.blocks[1]), 0x55, sizeof(size_t));
        if (full) {
            // One more is held, so the oldest is to go.
            segfit_free(s.heap, s.blocks[2 * HELD - 1]);
        } else {
            segfit_flush(s.heap);
        }
        // By key and place, the bytes mean a used block or a free one, both impossible.
        CHECK(report.calls >= 1);
        CHECK(report.code == SEGFIT_NEIGHBOUR || report.code == SEGFIT_FREE_BLOCK);
        report.calls = 0;
    }
}

TEST(no_block_leaves_the_quarantine_behind_a_footer_of_another_free_block)
{
    enum {
        FIRST = 4200,
        GAP = 40,
        SECOND = 1100
    };
    const segfit_options_t options = {.columns = 1};
    for (int full = 0; full < 2; full++) {
        segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, &options);
        // Free, used, free, held: the third's footer says as much as the three take, a size of the
        // first's class.
        unsigned char *const first = segfit_alloc(heap, FIRST);
        unsigned char *const used = segfit_alloc(heap, GAP);
        unsigned char *const second = segfit_alloc(heap, SECOND);
        unsigned char *const held = segfit_alloc(heap, SIZE);
        unsigned char *others[HELD];
        for (size_t i = 0; i < HELD; i++) {
            others[i] = segfit_alloc(heap, SIZE);
            segfit_alloc(heap, 1);
        }
        segfit_free(heap, first);
        segfit_free(heap, second);
        segfit_free(heap, held);
        CHECK(used != NULL && report.calls == 0 && segfit_check(heap, NULL));
        const size_t wrong = (size_t)(header_of(held) - header_of(first));
        memcpy(header_of(held) - sizeof(size_t), &wrong, sizeof wrong);
        if (full) {
            // One after the other is held, until the oldest is to go.
            for (size_t i = 0; i < HELD && report.calls == 0; i++) {
                segfit_free(heap, others[i]);
            }
        } else {
            segfit_flush(heap);
        }
        CHECK(report.calls >= 1 && report.code == SEGFIT_FREE_BLOCK);
        report.calls = 0;
    }
}

TEST(the_oldest_block_leaves_when_one_more_is_quarantined)
{
    const scene s = set_scene(HELD);
    segfit_free(s.heap, s.blocks[2 * HELD - 1]);
    CHECK(report.calls == 0 && segfit_check(s.heap, NULL));
    CHECK(segfit_pointer_fault(s.heap, s.blocks[0]) == SEGFIT_FREED);
    CHECK(stats_of(s.heap).frees == HELD + 1);
}

TEST(no_live_block_is_freed_beside_one_that_was_overwritten)
{
    const scene s = set_scene(0);
    memset(header_of(s.blocks[3]), 0x55, sizeof(size_t));
    segfit_free(s.heap, s.blocks[2]);
    CHECK(report.calls == 1);
    CHECK(report.code == SEGFIT_NEIGHBOUR || report.code == SEGFIT_FREE_BLOCK);
}

#endif
