// SPDX-License-Identifier: MIT
/// Prints a hash of a whole heap after each of many seeded operations. Built twice, with a library
/// that has events and one that has not: same_output.cmake compares what they print.
#include "segfit.h"
#include "segfit/inspect.h"

#include <stdio.h>
#include <string.h>

enum {
    MEMORY = 1 << 16,
    CONTROL = 8192,
    OPERATIONS = 20000,
    SLOTS = 100,
    /// The widest alignment asked for: beside it, nothing depends on where the memory lies.
    WIDEST = 512
};

static union {
    max_align_t align;
    unsigned char bytes[MEMORY + WIDEST];
} storage;

static unsigned long events;

void segfit_event(const segfit_t *heap, segfit_event_kind_t kind, const void *block, size_t a,
                  size_t b)
{
    (void)heap;
    (void)kind;
    (void)block;
    (void)a;
    (void)b;
    events++;
}

static size_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(*state >> 33);
}

/// FNV-1a over the words of the memory; addresses within it count from its begin, so that the hash
/// does not depend on where the memory lies. (Whole words: calloc below would else halve stale
/// addresses.)
static uint64_t hash_of(const unsigned char *memory)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t at = 0; at < MEMORY; at += sizeof(uintptr_t)) {
        uintptr_t word = 0;
        memcpy(&word, memory + at, sizeof word);
        const uintptr_t offset = word - (uintptr_t)memory;
        hash = (hash ^ (offset <= MEMORY ? offset + 1 : word)) * UINT64_C(1099511628211);
    }
    return hash;
}

static void operate(segfit_t *heap, unsigned char *memory, void *slots[SLOTS], uint64_t *state)
{
    void **const slot = &slots[next_random(state) % SLOTS];
    const size_t size = next_random(state) % 2000;
    const size_t kind = next_random(state) % 10;
    void *block = NULL;
    if (kind == 0 && *slot != NULL) {
        (void)segfit_resize(heap, *slot, size);
        return;
    }
    if (kind <= 2) {
        block = segfit_realloc(heap, *slot, size);
        *slot = block == NULL ? *slot : block;
    } else {
        segfit_free(heap, *slot);
        *slot = kind <= 6   ? segfit_alloc(heap, size)
                : kind == 7 ? segfit_alloc_aligned(heap, (size_t)16 << size % 6, size)
                : kind == 8 ? segfit_calloc(heap, size / 16, 16)
                            : NULL;
    }
    if (*slot != NULL) {
        // Small bytes: a word of them is no address of the memory, wherever it lies.
        memset(*slot, (int)(size & 7), size / 2 < 8 ? 0 : 8);
    }
    if (next_random(state) % 500 == 0) {
        (void)segfit_extend_pool(heap, memory + CONTROL, 600);
    }
    if (next_random(state) % 4000 == 0) {
        segfit_reset(heap);
        memset(slots, 0, SLOTS * sizeof slots[0]);
    }
}

int main(void)
{
    unsigned char *const memory = storage.bytes + (WIDEST - (uintptr_t)storage.bytes % WIDEST);
    void *slots[SLOTS] = {0};
    uint64_t state = 1;
    const segfit_options_t options = {.rows = 14, .columns = 16};
    segfit_t *const heap = segfit_init_empty(memory, CONTROL, &options);
    if (heap == NULL || segfit_add_pool(heap, memory + CONTROL, 30000) == 0 ||
        segfit_add_pool(heap, memory + MEMORY - 9000, 9000) == 0) {
        puts("no heap");
        return 1;
    }
    for (int i = 0; i < OPERATIONS; i++) {
        operate(heap, memory, slots, &state);
        if (i % 40 == 0) {
            printf("%d %016llx\n", i, (unsigned long long)hash_of(memory));
        }
    }
    const bool sound = segfit_check(heap, NULL);
    // Each build proves that it is the one it should be.
    (void)fprintf(stderr, "%lu events\n", events);
    return sound && (events > OPERATIONS) == (HEAP_IMAGE_EVENTS != 0) ? 0 : 1;
}
