// SPDX-License-Identifier: MIT
/// Scripts of calls, run in a heap that is otherwise full of used blocks or one free block, each
/// call counted. First scripts that are built to meet the longest ways; then these are changed at
/// random, and a change is kept if the operation looked at takes no less (hill climbing), beside
/// scripts of chance.
#include MACHINE
#include "search.h"
#include "segfit.h"
#include "segfit/inspect.h"

typedef enum kind {
    ALLOC,
    FAILING,
    ALIGNED,
    FREE,
    RESIZE,
    REALLOC,
    USABLE,
    ADD_POOL,
    KINDS,
    /// All that is free becomes used blocks that the script does not name.
    FILL = KINDS,
} kind_t;

enum {
    SLOTS = 16,
    LENGTH = 40,
    PROBES = 4,
    /// Beside the script's heap.
    POOL = 256,
};

typedef struct call {
    uint8_t kind;
    uint8_t slot;
    uint16_t size;
} call_t;

typedef struct script {
    call_t calls[LENGTH];
    unsigned length;
} script_t;

static const char *const names[KINDS] = {"alloc",  "failing", "aligned",     "free",
                                         "resize", "realloc", "usable_size", "add_pool"};

static segfit_t *heap;
static void *slots[SLOTS];
/// Linked through their first word.
static void *filling;
static uint32_t most[KINDS];
static uint32_t random_state;
static _Alignas(16) char pool[POOL];

// ---------------------------------------------------------------------------------------- counting

static void note(kind_t kind, uint32_t count)
{
    most[kind] = count > most[kind] ? count : most[kind];
}

/// Defines name_counted, which calls a function of one type and counts, and name_nothing, a
/// function of that type that returns at once: what a call of it takes comes off each count, and
/// who reads the figures adds its own instructions, which are known. All functions of a type are
/// counted by the same code, so that what that itself takes is always the same.
#define COUNTED(name, result_t, passed, ...)                                               \
    static uint32_t name##_overhead;                                                       \
    result_t name##_nothing(__VA_ARGS__);                                                  \
    __attribute__((noinline)) result_t name##_nothing(__VA_ARGS__)                         \
    {                                                                                      \
        __asm__ volatile("");                                                              \
        return (result_t)0;                                                                \
    }                                                                                      \
    static result_t (*volatile name##_called)(__VA_ARGS__);                                \
    __attribute__((noinline)) static result_t name##_counted(uint32_t *count, __VA_ARGS__) \
    {                                                                                      \
        result_t (*const called)(__VA_ARGS__) = name##_called;                             \
        const uint32_t begin = machine_begin();                                            \
        const result_t result = called passed;                                             \
        *count = machine_end(begin) - name##_overhead;                                     \
        return result;                                                                     \
    }

COUNTED(alloc, void *, (to, size), segfit_t *to, size_t size)
COUNTED(aligned, void *, (to, alignment, size), segfit_t *to, size_t alignment, size_t size)
COUNTED(realloc, void *, (to, ptr, size), segfit_t *to, void *ptr, size_t size)
COUNTED(resize, bool, (to, ptr, size), segfit_t *to, void *ptr, size_t size)
COUNTED(usable_size, size_t, (of, ptr), const segfit_t *of, const void *ptr)
COUNTED(add_pool, size_t, (to, memory, size), segfit_t *to, void *memory, size_t size)

static uint32_t free_overhead;
void free_nothing(segfit_t *to, void *ptr);
__attribute__((noinline)) void free_nothing(segfit_t *to, void *ptr)
{
    (void)to;
    (void)ptr;
    __asm__ volatile("");
}
static void (*volatile free_called)(segfit_t *, void *);
__attribute__((noinline)) static uint32_t free_counted(segfit_t *to, void *ptr)
{
    void (*const called)(segfit_t *, void *) = free_called;
    const uint32_t begin = machine_begin();
    called(to, ptr);
    return machine_end(begin) - free_overhead;
}

#define MEASURE(name, function, ...)               \
    do {                                           \
        name##_called = name##_nothing;            \
        name##_overhead = 0;                       \
        (void)name##_counted(&count, __VA_ARGS__); \
        name##_overhead = count;                   \
        name##_called = (function);                \
    } while (0)

static void measure_overheads(void)
{
    uint32_t count = 0;
    MEASURE(alloc, segfit_alloc, heap, 0);
    MEASURE(aligned, segfit_alloc_aligned, heap, 0, 0);
    MEASURE(realloc, segfit_realloc, heap, NULL, 0);
    MEASURE(resize, segfit_resize, heap, NULL, 0);
    MEASURE(usable_size, segfit_usable_size, heap, NULL);
    MEASURE(add_pool, segfit_add_zeroed_pool, heap, NULL, 0);
    free_called = free_nothing;
    free_overhead = 0;
    free_overhead = free_counted(heap, NULL);
    free_called = segfit_free;
}

// ------------------------------------------------------------------------------------------- calls

static void *count_alloc(size_t size)
{
    uint32_t count = 0;
    void *const result = alloc_counted(&count, heap, size);
    note(result == NULL ? FAILING : ALLOC, count);
    return result;
}

static void *count_aligned(size_t alignment, size_t size)
{
    uint32_t count = 0;
    void *const result = aligned_counted(&count, heap, alignment, size);
    note(ALIGNED, count);
    return result;
}

static void count_free(void *ptr)
{
    note(FREE, free_counted(heap, ptr));
}

static void count_usable_size(const void *ptr)
{
    uint32_t count = 0;
    (void)usable_size_counted(&count, heap, ptr);
    note(USABLE, count);
}

static void count_resize(void *ptr, size_t size)
{
    uint32_t count = 0;
    (void)resize_counted(&count, heap, ptr, size);
    note(RESIZE, count);
}

/// A block that stays in its place counts; a copied one does not.
static void *count_realloc(void *ptr, size_t size)
{
    uint32_t count = 0;
    void *const result = realloc_counted(&count, heap, ptr, size);
    if (result == ptr || result == NULL) {
        note(REALLOC, count);
    }
    return result == NULL ? ptr : result;
}

static void count_pool(void)
{
    uint32_t count = 0;
    (void)add_pool_counted(&count, heap, pool, sizeof pool);
    note(ADD_POOL, count);
    segfit_remove_pool(heap, pool);
}

// ----------------------------------------------------------------------------------------- scripts

static void fill(void)
{
    for (size_t size = segfit_max_alloc(heap); size != 0; size = segfit_max_alloc(heap)) {
        void **const block = segfit_alloc(heap, size);
        if (block == NULL) {
            return;
        }
        *block = filling;
        filling = block;
    }
}

static void clean(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (slots[i] != NULL) {
            count_free(slots[i]);
            slots[i] = NULL;
        }
    }
    while (filling != NULL) {
        void *const next = *(void **)filling;
        segfit_free(heap, filling);
        filling = next;
    }
}

static void run_call(const call_t *call)
{
    void **const slot = &slots[call->slot % SLOTS];
    const bool lives = *slot != NULL;
    switch (call->kind) {
    case FREE:
        if (lives) {
            count_free(*slot);
            *slot = NULL;
        }
        break;
    case RESIZE:
        if (lives) {
            count_resize(*slot, call->size);
        }
        break;
    case REALLOC:
        if (lives) {
            *slot = count_realloc(*slot, call->size);
        }
        break;
    case USABLE:
        count_usable_size(*slot);
        break;
    case ADD_POOL:
        count_pool();
        break;
    case FILL:
        fill();
        break;
    case ALIGNED:
        if (!lives) {
            *slot = count_aligned((size_t)32 << (call->slot / SLOTS % 4), call->size);
        }
        break;
    default:
        if (!lives) {
            *slot = count_alloc(call->size);
        }
    }
}

static void run_script(const script_t *script)
{
    for (unsigned i = 0; i < script->length; i++) {
        run_call(&script->calls[i]);
    }
    clean();
}

// ------------------------------------------------------------------------------------ fixed
// scripts

static script_t made;

static void then(kind_t kind, unsigned slot, size_t size)
{
    made.calls[made.length++] = (call_t){(uint8_t)kind, (uint8_t)slot, (uint16_t)size};
}

/// A list of five blocks of one class, of which only the last to be looked at fits, `last` bytes
/// more than asked for; nothing else is free. Then a request of `size` by `kind`.
static void run_probe(kind_t kind, size_t size, size_t last)
{
    made.length = 0;
    for (unsigned i = 0; i <= PROBES; i++) {
        then(ALLOC, 2 * i, i == 0 ? size + last : size - 8U * i);
        then(ALLOC, 2 * i + 1, 8);
    }
    then(FILL, 0, 0);
    for (unsigned i = 0; i <= PROBES; i++) {
        then(FREE, 2 * i, 0);
    }
    then(kind, 15, size);
    run_script(&made);
}

/// A free block before and behind the freed one, each alone in its class or, `shared`, one of
/// several.
static void run_sandwich(size_t before, size_t size, size_t behind, bool shared)
{
    made.length = 0;
    const size_t sizes[3] = {before, size, behind};
    for (unsigned i = 0; i < 3; i++) {
        then(ALLOC, i, sizes[i]);
    }
    then(ALLOC, 3, 8);
    for (unsigned i = 4; shared && i < 12; i += 2) {
        then(ALLOC, i, sizes[i % 4 == 0 ? 0 : 2]);
        then(ALLOC, i + 1, 8);
    }
    then(FILL, 0, 0);
    if (shared) {
        then(FREE, 4, 0);
        then(FREE, 6, 0);
    }
    then(FREE, 0, 0);
    then(FREE, 2, 0);
    if (shared) {
        then(FREE, 8, 0);
        then(FREE, 10, 0);
    }
    then(USABLE, 1, 0);
    then(RESIZE, 1, size + behind / 2U);
    then(RESIZE, 1, size);
    then(REALLOC, 1, size + behind / 2U);
    then(REALLOC, 1, size);
    then(REALLOC, 1, size + before + behind + 64U);
    then(FREE, 1, 0);
    run_script(&made);
}

static void run_fixed(void)
{
    static const size_t sizes[] = {16, 40, 100, 200, 500, 1100};
    enum {
        COUNT = sizeof sizes / sizeof sizes[0]
    };
    for (unsigned i = 0; i < COUNT; i++) {
        made.length = 0;
        then(ADD_POOL, 0, 0);
        then(ALLOC, 0, sizes[i]);
        then(ALIGNED, 1 + SLOTS, sizes[i]);
        then(FILL, 0, 0);
        then(ALLOC, 2, sizes[i]);
        then(FREE, 1, 0);
        then(ALLOC, 2, sizes[i] + 200U);
        then(ALLOC, 3, 60000);
        run_script(&made);
        for (unsigned k = 0; k < COUNT; k++) {
            run_sandwich(sizes[i], sizes[k], sizes[(i + 1U) % COUNT], false);
            run_sandwich(sizes[i], sizes[k], sizes[(i + 2U) % COUNT], true);
        }
    }
    for (size_t size = 300; size < 1200; size += 24) {
        run_probe(ALLOC, size, 0);
        run_probe(ALLOC, size, 40);
        run_probe(ALIGNED, size, 40);
    }
    // None of the list fits.
    run_probe(ALLOC, 1072, (size_t)0 - 48U);
}

// ------------------------------------------------------------------------------------------ search

static uint32_t random_below(uint32_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % bound;
}

static call_t random_call(void)
{
    static const uint16_t bounds[] = {64, 300, 1300, 5000};
    static const uint8_t kinds[] = {ALLOC,   ALLOC,   ALLOC,  ALLOC, FREE,   FREE,  FREE,
                                    ALIGNED, REALLOC, RESIZE, FILL,  USABLE, ALLOC, FREE};
    const uint8_t kind = kinds[random_below(sizeof kinds)];
    return (call_t){kind, (uint8_t)random_below(SLOTS * 4U),
                    (uint16_t)random_below(bounds[random_below(4)])};
}

static void mutate(script_t *script)
{
    for (uint32_t changes = 1U + random_below(4); changes != 0; changes--) {
        const unsigned at = random_below(LENGTH);
        if (random_below(2) == 0 || at >= script->length) {
            script->calls[at] = random_call();
            script->length = at >= script->length ? LENGTH : script->length;
        } else {
            script->calls[at].size = (uint16_t)(script->calls[at].size + random_below(64) - 32U);
        }
    }
}

/// Climbs for operation `kind`; `most` of all operations takes part.
static void climb(kind_t kind, uint32_t rounds)
{
    static script_t best;
    uint32_t best_count = 0;
    best.length = LENGTH;
    for (unsigned i = 0; i < LENGTH; i++) {
        best.calls[i] = random_call();
    }
    for (uint32_t round = 0; round < rounds; round++) {
        uint32_t all[KINDS];
        for (unsigned i = 0; i < KINDS; i++) {
            all[i] = most[i];
            most[i] = 0;
        }
        made = best;
        mutate(&made);
        run_script(&made);
        if (most[kind] >= best_count) {
            best_count = most[kind];
            best = made;
        }
        for (unsigned i = 0; i < KINDS; i++) {
            most[i] = all[i] > most[i] ? all[i] : most[i];
        }
    }
}

static void print_most(const char *prefix)
{
    char name[32];
    for (unsigned i = 0; i < KINDS; i++) {
        unsigned length = 0;
        for (const char *c = prefix; *c != '\0'; c++) {
            name[length++] = *c;
        }
        for (const char *c = names[i]; *c != '\0'; c++) {
            name[length++] = *c;
        }
        name[length] = '\0';
        machine_print(name, most[i]);
    }
}

bool search_heap(void *memory, size_t size, unsigned blocks)
{
    for (unsigned i = 0; i < KINDS; i++) {
        most[i] = 0;
    }
    random_state = machine_seed() | 1U;
    heap = segfit_init(memory, size, NULL);
    measure_overheads();
    for (unsigned i = 0; heap != NULL && i < blocks; i++) {
        if (segfit_alloc(heap, 1) == NULL) {
            return false;
        }
    }
    if (heap == NULL) {
        return false;
    }
    run_fixed();
    print_most("fixed_");
    for (unsigned kind = ALLOC; kind < USABLE; kind++) {
        climb((kind_t)kind, machine_rounds());
    }
    print_most("most_");
    return segfit_check(heap, NULL);
}
