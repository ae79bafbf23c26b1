// SPDX-License-Identifier: MIT
/// A heap of which any bytes were overwritten. segfit_check ends and reads nothing but the heap; a
/// heap that it finds sound works; a pointer that is found at fault changes nothing when it is
/// freed.
///
/// Input: four bytes for the geometry, one that says how many operations (3 bytes each) make the
/// heap, one for the number of pointers (3 bytes) that are checked, one for that of damages (3
/// bytes) before them, then damages of 4 or 5 bytes each.
#include "target.h"

#include "../api/heap_fixture.h"

enum {
    CONTROL = 20480,
    POOLS = 4096,
    GAP = 128,
    SLOTS = 32
};

typedef struct input {
    const uint8_t *bytes;
    size_t left;
} input;

static unsigned next_byte(input *in)
{
    if (in->left == 0) {
        return 0;
    }
    in->left--;
    return *in->bytes++;
}

static unsigned next_pair(input *in)
{
    const unsigned low = next_byte(in);
    return low + 256 * next_byte(in);
}

static unsigned panics;

void segfit_panic(segfit_fault_code_t code, const segfit_t *heap, const void *ptr)
{
    (void)heap;
    (void)ptr;
    panics += code != SEGFIT_OK;
}

#define MUST(...)                      \
    do {                               \
        if (!(__VA_ARGS__)) {          \
            target_fail(#__VA_ARGS__); \
        }                              \
    } while (0)

/// Control structure and pools, each in memory of its own with nothing behind it.
typedef struct subject {
    segfit_t *heap;
    size_t control;
    unsigned char *pools;
    unsigned char *copy;
} subject;

static bool make_heap(subject *s, input *in)
{
    const segfit_options_t options = {.rows = 1 + next_byte(in) % (sizeof(size_t) * 8),
                                      .columns = 1U << next_byte(in) % 6,
                                      .policy = next_byte(in) & 1 ? SEGFIT_POLICY_STOCK
                                                                  : SEGFIT_POLICY_PROBE};
    s->control = SEGFIT_CONTROL_SIZE(options.rows, options.columns);
    s->pools = malloc(POOLS);
    s->copy = malloc(CONTROL + POOLS);
    void *const control = malloc(s->control);
    MUST(s->pools != NULL && s->copy != NULL && control != NULL);
    memset(s->pools, 0, POOLS);
    s->heap = segfit_init_empty(control, s->control, &options);
    if (s->heap == NULL) {
        free(control);
        return false;
    }
    const size_t first = 256 + next_byte(in) * 8U;
    return segfit_add_pool(s->heap, s->pools, first) != 0 &&
           segfit_add_pool(s->heap, s->pools + first + GAP, POOLS - first - GAP) != 0;
}

static void use_heap(subject *s, input *in)
{
    void *slots[SLOTS] = {NULL};
    for (unsigned count = next_byte(in) % 64; count > 0; count--) {
        void **const slot = &slots[next_byte(in) % SLOTS];
        const unsigned size = next_pair(in) % 700;
        if (*slot != NULL) {
            segfit_free(s->heap, *slot);
            *slot = NULL;
        } else {
            *slot = size % 5 == 0 ? segfit_alloc_aligned(s->heap, 64, size)
                                  : segfit_alloc(s->heap, size);
        }
    }
    MUST(panics == 0 && segfit_check(s->heap, NULL));
}

static void image_heap(const subject *s)
{
    memcpy(s->copy, s->heap, s->control);
    memcpy(s->copy + CONTROL, s->pools, POOLS);
}

static bool image_is_same(const subject *s)
{
    return memcmp(s->copy, s->heap, s->control) == 0 &&
           memcmp(s->copy + CONTROL, s->pools, POOLS) == 0;
}

/// Checks any pointer, and frees it only if it has no fault. The pools may hold any bytes.
static void judge_pointer(subject *s, input *in)
{
    const unsigned kind = next_byte(in);
    const size_t offset = next_pair(in);
    unsigned char *const ptr =
        kind < 200 ? s->pools + offset % (POOLS + 64) - 32
                   : (unsigned char *)(uintptr_t)(offset << (kind % (sizeof(size_t) * 8 - 16)));
    if (segfit_pointer_fault(s->heap, ptr) != SEGFIT_OK) {
        panics = 0;
        image_heap(s);
        segfit_free(s->heap, ptr);
        MUST(ptr == NULL || panics == 1);
        MUST(segfit_realloc(s->heap, ptr == NULL ? (void *)1 : ptr, 8) == NULL);
        MUST(image_is_same(s));
    }
}

/// True for what segfit_check must believe: where pools and control structure end.
static bool is_trusted(size_t offset)
{
    const size_t bounds = offsetof(segfit_t, low);
    return offset == offsetof(segfit_t, rows) || offset == offsetof(segfit_t, columns_log2) ||
           (offset >= bounds && offset < bounds + 2 * sizeof(uintptr_t));
}

/// Where byte `place` of the heap is, control structure first; NULL if that is not to be
/// overwritten.
static unsigned char *place_of(subject *s, size_t place, size_t bytes)
{
    place %= s->control + POOLS;
    if (place >= s->control) {
        const size_t offset = place - s->control;
        return offset + bytes > POOLS ? NULL : s->pools + offset;
    }
    for (size_t i = 0; i < bytes; i++) {
        if (is_trusted(place + i) || place + i >= s->control) {
            return NULL;
        }
    }
    return (unsigned char *)s->heap + place;
}

/// Overwrites a byte of the heap, or a word with another one, as a stray copy does.
static void damage(subject *s, input *in)
{
    const bool word = next_byte(in) % 2 == 0;
    const size_t to = next_pair(in);
    const unsigned mask = next_byte(in);
    if (!word) {
        unsigned char *const byte = place_of(s, to, 1);
        if (byte != NULL) {
            *byte ^= (unsigned char)mask;
        }
        return;
    }
    const size_t size = sizeof(size_t);
    unsigned char *const target = place_of(s, to * size, size);
    const unsigned char *const source = place_of(s, (mask + 256 * next_byte(in)) * size, size);
    if (target != NULL && source != NULL) {
        memmove(target, source, size);
    }
}

/// Overwrites a byte of the pools only, since the control structure decides about pointers.
static void damage_pools(subject *s, input *in)
{
    const size_t place = next_pair(in);
    s->pools[place % POOLS] ^= (unsigned char)next_byte(in);
}

/// A heap that segfit_check finds sound works as any heap.
static void exercise(subject *s)
{
    static void *used[POOLS / 8];
    size_t count = 0;
    panics = 0;
    void *const more = segfit_alloc(s->heap, 100);
    MUST(segfit_check(s->heap, NULL));
    segfit_free(s->heap, more);
    for (segfit_walk_t walk = {0}; segfit_walk_next(s->heap, &walk);) {
        if (walk.used) {
            used[count++] = walk.ptr;
        }
    }
    while (count > 0) {
        segfit_free(s->heap, used[--count]);
    }
    MUST(panics == 0 && segfit_check(s->heap, NULL));
    MUST(stats_of(s->heap).used == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    input in = {bytes, size};
    subject s = {0};
    panics = 0;
    if (make_heap(&s, &in)) {
        use_heap(&s, &in);
        const unsigned pointers = next_byte(&in) % 16;
        const unsigned before = next_byte(&in) % 8;
        for (unsigned i = 0; i < before; i++) {
            damage_pools(&s, &in);
        }
        for (unsigned i = 0; i < pointers; i++) {
            judge_pointer(&s, &in);
        }
        while (in.left > 3) {
            damage(&s, &in);
        }
        if (segfit_check(s.heap, NULL)) {
            exercise(&s);
        }
    }
    free(s.heap);
    free(s.pools);
    free(s.copy);
    return 0;
}
