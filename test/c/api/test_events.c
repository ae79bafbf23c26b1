// SPDX-License-Identifier: MIT
/// Events: which come in which order for each kind of call, what they carry, and that the heap can
/// be read at each of them. Linked with the core compiled with SEGFIT_EVENTS=1.
#define TEST_MAIN
#include "../test.h"

#include "heap_fixture.h"
#include "segfit/growable.h"

enum {
    MEMORY = 1 << 14,
    MOST_EVENTS = 64
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY];
} memory;

typedef struct event {
    segfit_event_kind_t kind;
    const unsigned char *block;
    size_t a;
    size_t b;
} event;

static struct {
    event list[MOST_EVENTS];
    size_t count;
    const segfit_t *heap;
} seen;

void segfit_event(const segfit_t *heap, segfit_event_kind_t kind, const void *block, size_t a,
                  size_t b)
{
    if (seen.count < MOST_EVENTS) {
        seen.list[seen.count] = (event){kind, block, a, b};
    }
    seen.count++;
    seen.heap = heap;
}

static const char *event_name(segfit_event_kind_t kind)
{
    switch (kind) {
#define X(number, name, text) \
    case segfit_event_##name: \
        return #name;
        SEGFIT_EVENT_KINDS(X)
#undef X
    default:
        return "?";
    }
}

/// True if the events since the last call of forget are these, by name.
static bool events_are(const char *names)
{
    char text[1024] = "";
    for (size_t i = 0; i < seen.count && i < MOST_EVENTS; i++) {
        strcat(strcat(text, i == 0 ? "" : " "), event_name(seen.list[i].kind));
    }
    if (strcmp(text, names) != 0) {
        printf("\n  expected: %s\n  saw:      %s", names, text);
    }
    return strcmp(text, names) == 0;
}

static segfit_t *fresh_heap(segfit_policy_t policy)
{
    const segfit_options_t options = {.policy = policy};
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, &options);
    seen.count = 0;
    return heap;
}

static const unsigned char *header_of(const void *payload)
{
    return (const unsigned char *)payload - segfit_layout.block_payload;
}

/// True if the `index`-th event carries these.
static bool event_has(size_t index, const void *block, size_t a, size_t b)
{
    return index < seen.count && seen.list[index].block == block && seen.list[index].a == a &&
           seen.list[index].b == b;
}

TEST(giving_a_pool_inserts_its_block_and_grows)
{
    const segfit_t *const heap = segfit_init_empty(memory.bytes, sizeof memory.bytes, NULL);
    CHECK(heap != NULL);
    seen.count = 0;
    CHECK(segfit_init(memory.bytes, sizeof memory.bytes, NULL) == heap);
    CHECK(events_are("insert grow"));
    CHECK(seen.heap == heap);
    CHECK(seen.list[1].a == stats_of(heap).capacity);
    CHECK(seen.list[0].block == seen.list[1].block && seen.list[0].a == seen.list[1].a);
}

TEST(an_allocation_maps_probes_searches_takes_splits_and_uses)
{
    segfit_t *const heap = fresh_heap(SEGFIT_POLICY_PROBE);
    const size_t all = stats_of(heap).capacity;
    const size_t wanted = segfit_block_size_for(heap, 100);
    void *const block = segfit_alloc(heap, 100);
    CHECK(events_are("map probe search take split insert use"));
    const unsigned char *const header = header_of(block);
    CHECK(event_has(0, NULL, 100, wanted));
    CHECK(event_has(1, NULL, segfit_class_of(heap, wanted), 0));
    CHECK(seen.list[2].a == segfit_class_of(heap, wanted) + 1);
    CHECK(seen.list[2].b == segfit_class_of(heap, all));
    CHECK(event_has(3, header, all, segfit_class_of(heap, all)));
    CHECK(event_has(4, header, wanted, all - wanted));
    CHECK(event_has(5, header + wanted, all - wanted, segfit_class_of(heap, all - wanted)));
    CHECK(event_has(6, header, wanted, 0));
}

TEST(the_stock_policy_does_not_probe)
{
    segfit_t *const heap = fresh_heap(SEGFIT_POLICY_STOCK);
    CHECK(segfit_alloc(heap, 100) != NULL);
    CHECK(events_are("map search take split insert use"));
}

TEST(a_refit_is_found_by_the_probe_alone)
{
    segfit_t *const heap = fresh_heap(SEGFIT_POLICY_PROBE);
    void *const block = segfit_alloc(heap, 100);
    CHECK(segfit_alloc(heap, 100) != NULL);
    segfit_free(heap, block);
    seen.count = 0;
    CHECK(segfit_alloc(heap, 100) == block);
    CHECK(events_are("map probe take use"));
    CHECK(seen.list[1].block == header_of(block) && seen.list[1].b == 1);
}

TEST(a_free_releases_merges_and_inserts)
{
    segfit_t *const heap = fresh_heap(SEGFIT_POLICY_PROBE);
    void *blocks[4];
    for (size_t i = 0; i < 4; i++) {
        blocks[i] = segfit_alloc(heap, 100);
    }
    const size_t size = segfit_block_size_for(heap, 100);
    const unsigned char *const first = header_of(blocks[0]);
    seen.count = 0;
    segfit_free(heap, blocks[0]);
    CHECK(events_are("release insert"));
    CHECK(event_has(0, first, size, 0));
    CHECK(event_has(1, first, size, segfit_class_of(heap, size)));
    seen.count = 0;
    segfit_free(heap, blocks[2]);
    CHECK(events_are("release insert"));
    seen.count = 0;
    segfit_free(heap, blocks[1]);
    CHECK(events_are("release take merge take merge insert"));
    CHECK(event_has(1, first, size, segfit_class_of(heap, size)));
    CHECK(event_has(2, first, size, size));
    CHECK(event_has(4, first, 2 * size, size));
    CHECK(event_has(5, first, 3 * size, segfit_class_of(heap, 3 * size)));
}

TEST(a_failure_ends_in_fail_with_the_request)
{
    segfit_t *const heap = fresh_heap(SEGFIT_POLICY_PROBE);
    CHECK(segfit_alloc(heap, MEMORY) == NULL);
    CHECK(seen.list[0].kind == segfit_event_map);
    CHECK(seen.list[seen.count - 1].kind == segfit_event_fail);
    CHECK(event_has(seen.count - 1, NULL, MEMORY, 0));
    seen.count = 0;
    CHECK(segfit_alloc(heap, SIZE_MAX) == NULL);
    CHECK(seen.list[seen.count - 1].kind == segfit_event_fail);
    CHECK(event_has(seen.count - 1, NULL, SIZE_MAX, 0));
}

TEST(a_search_that_finds_nothing_reports_the_number_of_classes)
{
    const segfit_options_t options = {.rows = 12, .columns = 16};
    segfit_t *const heap = segfit_init(memory.bytes, sizeof memory.bytes, &options);
    while (segfit_alloc(heap, 200) != NULL) {
    }
    seen.count = 0;
    CHECK(segfit_alloc(heap, 3000) == NULL);
    CHECK(events_are("map probe search fail"));
    CHECK(seen.list[2].b == 12 * 16);
}

TEST(a_realloc_reports_each_way_it_takes)
{
    segfit_t *const heap = fresh_heap(SEGFIT_POLICY_PROBE);
    void *blocks[6];
    for (size_t i = 0; i < 6; i++) {
        blocks[i] = segfit_alloc(heap, 200);
    }
    segfit_free(heap, blocks[3]);
    seen.count = 0;
    CHECK(segfit_realloc(heap, blocks[2], 300) == blocks[2]);
    CHECK(events_are("map take merge split insert use"));
    seen.count = 0;
    CHECK(segfit_realloc(heap, blocks[2], 100) == blocks[2]);
    CHECK(events_are("map take merge split insert use"));
    segfit_free(heap, blocks[0]);
    seen.count = 0;
    CHECK(segfit_realloc(heap, blocks[1], 300) == blocks[0]);
    CHECK(events_are("map take merge move split insert use"));
    CHECK(seen.list[3].block == header_of(blocks[0]));
    CHECK(seen.list[3].a == (uintptr_t)header_of(blocks[1]) && seen.list[3].b >= 200);
    seen.count = 0;
    void *const moved = segfit_realloc(heap, blocks[4], 2000);
    CHECK(moved != NULL && moved != blocks[4]);
    CHECK(seen.list[0].kind == segfit_event_map && seen.count > 4);
    size_t moves = 0;
    size_t releases = 0;
    for (size_t i = 0; i < seen.count; i++) {
        moves += seen.list[i].kind == segfit_event_move;
        releases += seen.list[i].kind == segfit_event_release;
        CHECK(seen.list[i].kind != segfit_event_release || moves == 1);
    }
    CHECK(moves == 1 && releases == 1);
}

TEST(an_aligned_request_reports_both_of_its_splits)
{
    segfit_t *const heap = fresh_heap(SEGFIT_POLICY_PROBE);
    void *const block = segfit_alloc_aligned(heap, 4096, 100);
    CHECK(block != NULL);
    CHECK(events_are("map probe search take split insert split insert use"));
    CHECK(seen.list[8].block == header_of(block));
}

static void *give_region(void *context, size_t min_size, size_t *size)
{
    static max_align_t regions[2048];
    (void)context;
    *size = min_size <= sizeof regions ? sizeof regions : 0;
    return min_size <= sizeof regions ? regions : NULL;
}

TEST(growth_reports_the_pool_before_the_request_is_served)
{
    segfit_t *const heap = segfit_init_empty(memory.bytes, sizeof memory.bytes, NULL);
    const segfit_source_t source = {.grow = give_region};
    segfit_growable_t growable = SEGFIT_GROWABLE_INITIALIZER(heap, &source);
    seen.count = 0;
    CHECK(segfit_growable_alloc(&growable, 100) != NULL);
    size_t grown = 0;
    for (size_t i = 0; i < seen.count; i++) {
        grown = seen.list[i].kind == segfit_event_grow ? i : grown;
        CHECK(seen.list[i].kind != segfit_event_fail);
    }
    CHECK(grown > 0 && seen.list[seen.count - 1].kind == segfit_event_use);
}

TEST(event_kinds_are_numbered_from_1_without_a_hole)
{
    unsigned expected = 1;
#define X(number, name, text)                                    \
    CHECK((number) == expected);                                 \
    CHECK(segfit_event_##name == (segfit_event_kind_t)(number)); \
    CHECK(sizeof text > 1);                                      \
    expected++;
    SEGFIT_EVENT_KINDS(X)
#undef X
    CHECK(expected == 13);
}
