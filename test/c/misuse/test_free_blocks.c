// SPDX-License-Identifier: MIT
/// Free blocks that somebody wrote into, met by each function that would take one out of its list:
/// told before a byte changes. For a library of SEGFIT_CHECK 2 or more.
#define TEST_MAIN
#include "../test.h"

#include "report.h"
#include "../api/heap_fixture.h"
#include <segfit/inspect.h>

enum {
    MEMORY = 1 << 14,
    BLOCKS = 8,
    SIZE = 200
};

/// Where it lies is where it lies in every build.
static _Alignas(MEMORY / 2) unsigned char memory[MEMORY];

/// Blocks 1, 3 and 5 are free, in one list, 5 first; the rest of the heap is one more free block.
typedef struct scene {
    segfit_t *heap;
    unsigned char *blocks[BLOCKS];
} scene;

static scene set_scene(void)
{
    scene s = {.heap = segfit_init(memory, sizeof memory, NULL)};
    // The requests below are then no new peak.
    segfit_free(s.heap, segfit_alloc(s.heap, 2 * SIZE));
    for (size_t i = 0; i < BLOCKS; i++) {
        s.blocks[i] = segfit_alloc(s.heap, SIZE);
        memset(s.blocks[i], 0, SIZE);
    }
    for (size_t i = 1; i <= 5; i += 2) {
        segfit_free(s.heap, s.blocks[i]);
    }
    return s;
}

static unsigned char *header_of(unsigned char *payload)
{
    return payload - segfit_layout.block_payload;
}

static size_t word_at(const unsigned char *where)
{
    size_t word = 0;
    memcpy(&word, where, sizeof word);
    return word;
}

static void set_word(unsigned char *where, size_t word)
{
    memcpy(where, &word, sizeof word);
}

// ----------------------------------------------------------------------------------------- crimes

/// A call that meets a block: `block` is its number.
typedef void meeting(const scene *s, size_t block);

static void free_behind(const scene *s, size_t block)
{
    segfit_free(s->heap, s->blocks[block + 1]);
}

static void free_before(const scene *s, size_t block)
{
    segfit_free(s->heap, s->blocks[block - 1]);
}

static void grow_into(const scene *s, size_t block)
{
    CHECK(segfit_realloc(s->heap, s->blocks[block - 1], SIZE + 100) == NULL);
}

static void grow_back(const scene *s, size_t block)
{
    CHECK(segfit_realloc(s->heap, s->blocks[block + 1], SIZE + 100) == NULL);
}

static void resize_into(const scene *s, size_t block)
{
    CHECK(!segfit_resize(s->heap, s->blocks[block - 1], SIZE + 100));
}

static void shrink_beside(const scene *s, size_t block)
{
    CHECK(segfit_realloc(s->heap, s->blocks[block - 1], 1) == NULL);
}

/// For the list's first block only.
static void take(const scene *s, size_t block)
{
    (void)block;
    CHECK(segfit_alloc(s->heap, SIZE) == NULL);
}

static void take_cleared(const scene *s, size_t block)
{
    (void)block;
    CHECK(segfit_calloc(s->heap, 1, SIZE) == NULL);
}

static meeting *const neighbours[] = {free_behind, free_before, grow_into,
                                      grow_back,   resize_into, shrink_beside};
static meeting *const takers[] = {take, take_cleared};

/// The values that overwrite each word of a free block: in turn a flipped bit, all ones, less than
/// a block, an address in the heap that is no block, one outside. (Where headers are not encoded,
/// one of 0 is what a pool ends in; and where addresses are small, one may look like a used block's
/// size.)
static size_t damage(const scene *s, size_t word, int kind)
{
    switch (kind) {
    case 0:
        return word ^ (size_t)SEGFIT_ALIGN;
    case 1:
        return SIZE_MAX;
    case 2:
        return 8;
    case 3:
        return (size_t)(uintptr_t)header_of(s->blocks[0]) + SEGFIT_ALIGN;
    default:
        return (size_t)(uintptr_t)&report;
    }
}

enum {
    DAMAGES_OF_HEADER = 3,
    DAMAGES = 5
};

/// Overwrites the word at `offset` of a free block in every way; each meeting tells it and changes
/// nothing.
static void meet(meeting *const *meetings, size_t count, size_t block, size_t offset)
{
    const int damages =
        offset == 0 && segfit_layout.header_inverse == 0 ? DAMAGES_OF_HEADER : DAMAGES;
    for (int kind = 0; kind < damages; kind++) {
        for (size_t i = 0; i < count; i++) {
            const scene s = set_scene();
            unsigned char *const where = header_of(s.blocks[block]) + offset;
            set_word(where, damage(&s, word_at(where), kind));
            image before = image_take(memory, sizeof memory);
            report.calls = 0;
            meetings[i](&s, block);
            CHECK(report.calls >= 1 && report.code != SEGFIT_OK);
            CHECK(image_holds_but_failures(&before, s.heap));
            image_free(&before);
        }
    }
}

static void meet_neighbours(size_t block, size_t offset)
{
    meet(neighbours, sizeof neighbours / sizeof neighbours[0], block, offset);
}

static size_t footer_of(const scene *s, size_t block)
{
    for (segfit_walk_t walk = {0}; segfit_walk_next(s->heap, &walk);) {
        if (walk.ptr == s->blocks[block]) {
            return walk.size - segfit_layout.block_footer_back;
        }
    }
    return 0;
}

/// The list head of the class of the large block at the end.
static unsigned char *head_of_rest(const scene *s)
{
    for (segfit_walk_t walk = {0}; segfit_walk_next(s->heap, &walk);) {
        if (!walk.used && walk.size > MEMORY / 2) {
            const size_t index = segfit_class_of(s->heap, walk.size);
            return (unsigned char *)s->heap + SEGFIT_HEADS_OFFSET(s->heap->rows) +
                   index * sizeof(void *);
        }
    }
    return NULL;
}

// ------------------------------------------------------------------------------------------ tests

TEST(the_second_search_of_an_aligned_request_checks_the_block_that_it_found)
{
    size_t tried = 0;
    for (size_t alignment = 512; alignment <= MEMORY / 2; alignment *= 2) {
        scene s = set_scene();
        // The first block that is found, or a place in it that would do.
        const uintptr_t found = (uintptr_t)s.blocks[5];
        const uintptr_t place = (found + alignment - 1) / alignment * alignment;
        if (place - found < SIZE) {
            continue;
        }
        tried++;
        void *const whole = segfit_alloc_aligned(s.heap, alignment, 100);
        CHECK(whole != NULL && (uintptr_t)whole % alignment == 0);
        s = set_scene();
        unsigned char *const head = head_of_rest(&s);
        REQUIRE(head != NULL);
        set_word(head, 8);
        report.calls = 0;
        CHECK(segfit_alloc_aligned(s.heap, alignment, 100) == NULL);
        CHECK(report.calls >= 1);
    }
    CHECK(tried > 0);
}

TEST(every_call_that_meets_an_overwritten_header_reports_it)
{
    meet_neighbours(3, 0);
    meet_neighbours(5, 0);
}

TEST(a_block_of_an_overwritten_header_is_never_handed_out)
{
    for (int kind = 0; kind < DAMAGES; kind++) {
        const scene s = set_scene();
        unsigned char *const header = header_of(s.blocks[5]);
        const size_t damaged = damage(&s, word_at(header), kind);
        set_word(header, damaged);
        report.calls = 0;
        // One that claims to be too small is passed by.
        const unsigned char *const other = segfit_alloc(s.heap, SIZE);
        CHECK((other == NULL) == (report.calls != 0));
        CHECK(other != s.blocks[5] && word_at(header) == damaged);
    }
}

TEST(every_call_that_meets_an_overwritten_footer_reports_it)
{
    const scene s = set_scene();
    const size_t footer = footer_of(&s, 3);
    meet_neighbours(3, footer);
    meet(takers, 2, 5, footer);
}

TEST(every_call_that_meets_overwritten_links_reports_them)
{
    meet_neighbours(3, segfit_layout.block_next_free);
    meet_neighbours(3, segfit_layout.block_prev_free);
    meet_neighbours(5, segfit_layout.block_next_free);
    meet(takers, 2, 5, segfit_layout.block_next_free);
}

TEST(a_link_without_meaning_may_have_any_value)
{
    for (int kind = 0; kind < DAMAGES; kind++) {
        const scene s = set_scene();
        unsigned char *const link = header_of(s.blocks[5]) + segfit_layout.block_prev_free;
        set_word(link, damage(&s, word_at(link), kind));
        report.calls = 0;
        CHECK(segfit_check(s.heap, NULL));
        CHECK(segfit_alloc(s.heap, SIZE) == s.blocks[5]);
        CHECK(report.calls == 0 && segfit_check(s.heap, NULL));
    }
}

// USENIX Security 2020, Lehmann, Kinder and Pradel: a free block's links overwritten so that taking
// it out of its list writes a value of the attacker's to an address of the attacker's.
TEST(an_unlink_writes_nowhere)
{
    static size_t target[4];
    scene s = set_scene();
    unsigned char *const block = header_of(s.blocks[3]);
    set_word(block + segfit_layout.block_next_free, (size_t)(uintptr_t)&target[0]);
    set_word(block + segfit_layout.block_prev_free, (size_t)(uintptr_t)&target[1]);
    report.calls = 0;
    segfit_free(s.heap, s.blocks[2]);
    CHECK(report.calls == 1 && report.code == SEGFIT_FREE_BLOCK && report.ptr == s.blocks[3]);
    for (size_t i = 0; i < 4; i++) {
        CHECK(target[i] == 0);
    }
}

TEST(other_blocks_are_served_after_a_report)
{
    const scene s = set_scene();
    set_word(header_of(s.blocks[3]) + segfit_layout.block_prev_free, 1);
    segfit_free(s.heap, s.blocks[2]);
    report.calls = 0;
    void *const large = segfit_alloc(s.heap, 20 * SIZE);
    void *const other = segfit_alloc(s.heap, 2 * SIZE);
    CHECK(large != NULL && other != NULL);
    segfit_free(s.heap, large);
    segfit_free(s.heap, s.blocks[7]);
    CHECK(report.calls == 0);
}

TEST(no_block_is_put_before_one_that_a_damaged_head_leads_to)
{
    static size_t target[8];
    const scene s = set_scene();
    // Between used blocks: it would become the list's first.
    void *between = segfit_alloc(s.heap, SIZE);
    while ((unsigned char *)between < s.blocks[7]) {
        between = segfit_alloc(s.heap, SIZE);
    }
    CHECK(segfit_alloc(s.heap, SIZE) != NULL);
    segfit_free(s.heap, s.blocks[6]);
    const size_t index = segfit_class_of(s.heap, segfit_block_size_for(s.heap, SIZE));
    unsigned char *const head =
        (unsigned char *)s.heap + SEGFIT_HEADS_OFFSET(s.heap->rows) + index * sizeof(void *);
    set_word(head, (uintptr_t)&target[2]);
    report.calls = 0;
    segfit_free(s.heap, between);
    CHECK(report.calls >= 1);
    for (size_t i = 0; i < 8; i++) {
        CHECK(target[i] == 0);
    }
}
