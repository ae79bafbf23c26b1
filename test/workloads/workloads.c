// SPDX-License-Identifier: MIT
/// The synthetic workloads, and the functions by which JavaScript runs any of them.
#include "workloads.h"

slot_t bench_slots[BENCH_MOST_SLOTS];
uint32_t bench_errors;
uint64_t bench_random_state = 0x5E6F17;

/// Numbered as in workloads.mjs.
typedef enum workload {
    WORKLOAD_LIFO,
    WORKLOAD_SMALL_1K,
    WORKLOAD_SMALL_100K,
    WORKLOAD_FIFO,
    WORKLOAD_MIXED,
    WORKLOAD_LARGE,
    WORKLOAD_VECTORS,
    WORKLOAD_CALLOC,
    WORKLOAD_ALIGNED,
    /// This and all above: a trace each.
    WORKLOAD_FIRST_TRACE,
} workload_t;

enum {
    LIFO_DEPTH = 64,
    LIFO_SIZE = 24,
    FIFO_LENGTH = 10000,
    VECTORS = 16,
    VECTOR_FIRST = 16,
    VECTOR_MOST = 256 << 10,
};

// ---------------------------------------------------------------------------------------- sizes

/// 8 to 128 bytes, each as likely.
BENCH_INLINE size_t size_small(uint64_t random)
{
    return 8U + (((uint32_t)random >> 8) * 121U >> 24);
}

/// From 1 << `low` on, `octaves` octaves, each as likely, and each size in an octave.
BENCH_INLINE size_t size_octaves(uint32_t bits, unsigned low, unsigned octaves)
{
    const unsigned octave = low + ((bits & 0xFFU) * octaves >> 8);
    return ((size_t)1 << octave) + (size_t)((uint64_t)(bits >> 8 & 0xFFFFU) << octave >> 16);
}

/// 8 bytes to 64 KB, small ones more often: the smaller of two octaves.
BENCH_INLINE size_t size_mixed(uint64_t random)
{
    const uint32_t bits = (uint32_t)random;
    const uint32_t other = bits >> 24;
    const uint32_t smaller = other < (bits & 0xFFU) ? other : bits & 0xFFU;
    return size_octaves((bits & 0xFFFF00U) | smaller, 3, 13);
}

/// The size that `workload` asks for.
BENCH_INLINE size_t size_for(workload_t workload, uint64_t random)
{
    switch (workload) {
    case WORKLOAD_MIXED:
        return size_mixed(random);
    case WORKLOAD_LARGE:
        return size_octaves((uint32_t)random, 12, 6);
    case WORKLOAD_CALLOC:
    case WORKLOAD_ALIGNED:
        return size_octaves((uint32_t)random, 4, 6);
    default:
        return size_small(random);
    }
}

// ----------------------------------------------------------------------------------- replacement

/// How many blocks `workload` keeps.
BENCH_INLINE uint32_t live_in(workload_t workload)
{
    switch (workload) {
    case WORKLOAD_SMALL_100K:
        return 100000;
    case WORKLOAD_FIFO:
    case WORKLOAD_MIXED:
        return 10000;
    case WORKLOAD_LARGE:
        return 200;
    default:
        return 1000;
    }
}

/// Counts an error if calloc's bytes are not 0.
BENCH_INLINE void verify_zero(const unsigned char *bytes, size_t size, bool checked)
{
    for (size_t index = 0; checked && bytes != NULL && index < size; index++) {
        if (bytes[index] != 0) {
            bench_errors++;
            return;
        }
    }
}

/// Allocates for `slot`, in the way that `workload` does.
BENCH_INLINE void allocate(workload_t workload, slot_t *slot, uint64_t random, bool checked)
{
    const size_t size = size_for(workload, random);
    void *bytes = NULL;
    if (workload == WORKLOAD_CALLOC) {
        bytes = calloc(1, size);
        verify_zero(bytes, size, checked);
    } else if (workload == WORKLOAD_ALIGNED) {
        const size_t alignment = (random >> 30 & 1U) != 0 ? 64 : 16;
        if (posix_memalign(&bytes, alignment, size) != 0) {
            bytes = NULL;
        }
        bench_errors += (uintptr_t)bytes % alignment != 0;
    } else {
        bytes = malloc(size);
    }
    bench_fill(slot, bytes, 0, size, checked);
}

/// Replaces `pairs` blocks at random.
BENCH_INLINE void replace(workload_t workload, uint32_t pairs, bool checked)
{
    for (uint32_t pair = 0; pair < pairs; pair++) {
        const uint64_t random = bench_random();
        slot_t *const slot = &bench_slots[bench_below(random, live_in(workload))];
        bench_free(slot, checked);
        allocate(workload, slot, random, checked);
    }
}

BENCH_INLINE void first_in_first_out(uint32_t pairs, bool checked)
{
    static uint32_t oldest;
    for (uint32_t pair = 0; pair < pairs; pair++) {
        slot_t *const slot = &bench_slots[oldest];
        bench_free(slot, checked);
        allocate(WORKLOAD_FIFO, slot, bench_random(), checked);
        oldest = oldest + 1U == FIFO_LENGTH ? 0 : oldest + 1U;
    }
}

BENCH_INLINE void last_in_first_out(uint32_t pairs, bool checked)
{
    for (uint32_t pair = 0; pair < pairs; pair += LIFO_DEPTH) {
        for (int depth = 0; depth < LIFO_DEPTH; depth++) {
            bench_fill(&bench_slots[depth], malloc(LIFO_SIZE), 0, LIFO_SIZE, checked);
        }
        for (int depth = LIFO_DEPTH; depth-- > 0;) {
            bench_free(&bench_slots[depth], checked);
        }
    }
}

/// Vectors that grow by half, in turn at random, until one is so large that it starts anew.
BENCH_INLINE void grow_vectors(uint32_t pairs, bool checked)
{
    for (uint32_t pair = 0; pair < pairs; pair++) {
        slot_t *const slot = &bench_slots[bench_below(bench_random(), VECTORS)];
        if (slot->size > VECTOR_MOST) {
            bench_free(slot, checked);
        }
        const size_t before = slot->size;
        const size_t size = before == 0 ? VECTOR_FIRST : before + before / 2U;
        slot->bytes = realloc(slot->bytes, size);
        if (slot->bytes != NULL) {
            bench_verify(slot, before, checked);
        }
        bench_fill(slot, slot->bytes, before, size, checked);
    }
}

// ----------------------------------------------------------------------------------- every loop

/// One function of its own a workload and way, so that what they are is known to the compiler.
#define BENCH_LOOP(name, body)                                           \
    static __attribute__((noinline)) void name(uint32_t pairs)           \
    {                                                                    \
        body(pairs, false);                                              \
    }                                                                    \
    static __attribute__((noinline)) void name##_checked(uint32_t pairs) \
    {                                                                    \
        body(pairs, true);                                               \
    }

#define REPLACE_SMALL_1K(pairs, checked) replace(WORKLOAD_SMALL_1K, pairs, checked)
#define REPLACE_SMALL_100K(pairs, checked) replace(WORKLOAD_SMALL_100K, pairs, checked)
#define REPLACE_MIXED(pairs, checked) replace(WORKLOAD_MIXED, pairs, checked)
#define REPLACE_LARGE(pairs, checked) replace(WORKLOAD_LARGE, pairs, checked)
#define REPLACE_CALLOC(pairs, checked) replace(WORKLOAD_CALLOC, pairs, checked)
#define REPLACE_ALIGNED(pairs, checked) replace(WORKLOAD_ALIGNED, pairs, checked)

BENCH_LOOP(run_lifo, last_in_first_out)
BENCH_LOOP(run_small_1k, REPLACE_SMALL_1K)
BENCH_LOOP(run_small_100k, REPLACE_SMALL_100K)
BENCH_LOOP(run_fifo, first_in_first_out)
BENCH_LOOP(run_mixed, REPLACE_MIXED)
BENCH_LOOP(run_large, REPLACE_LARGE)
BENCH_LOOP(run_vectors, grow_vectors)
BENCH_LOOP(run_calloc, REPLACE_CALLOC)
BENCH_LOOP(run_aligned, REPLACE_ALIGNED)

typedef void loop_t(uint32_t pairs);

static loop_t *const loops[][2] = {
    [WORKLOAD_LIFO] = {run_lifo, run_lifo_checked},
    [WORKLOAD_SMALL_1K] = {run_small_1k, run_small_1k_checked},
    [WORKLOAD_SMALL_100K] = {run_small_100k, run_small_100k_checked},
    [WORKLOAD_FIFO] = {run_fifo, run_fifo_checked},
    [WORKLOAD_MIXED] = {run_mixed, run_mixed_checked},
    [WORKLOAD_LARGE] = {run_large, run_large_checked},
    [WORKLOAD_VECTORS] = {run_vectors, run_vectors_checked},
    [WORKLOAD_CALLOC] = {run_calloc, run_calloc_checked},
    [WORKLOAD_ALIGNED] = {run_aligned, run_aligned_checked},
};

// ------------------------------------------------------------------------------------- exported

/// True if `workload` replaces blocks that were there before.
static bool starts_full(workload_t workload)
{
    return workload != WORKLOAD_LIFO && workload != WORKLOAD_VECTORS &&
           workload < WORKLOAD_FIRST_TRACE;
}

/// Allocates what `workload` keeps.
BENCH_EXPORT(setup) void bench_setup(workload_t workload, bool checked)
{
    if (!starts_full(workload)) {
        return;
    }
    for (uint32_t slot = 0; slot < live_in(workload); slot++) {
        allocate(workload, &bench_slots[slot], bench_random(), checked);
    }
}

/// Does `pairs` pairs of `workload`. Returns how many errors there were since the module started.
BENCH_EXPORT(run) uint32_t bench_run(workload_t workload, uint32_t pairs, bool checked)
{
    if (workload < WORKLOAD_FIRST_TRACE) {
        loops[workload][checked](pairs);
    } else {
        bench_replay(workload - WORKLOAD_FIRST_TRACE, pairs, checked);
    }
    return bench_errors;
}

/// Frees everything. Returns the errors.
BENCH_EXPORT(finish) uint32_t bench_finish(bool checked)
{
    for (uint32_t slot = 0; slot < BENCH_MOST_SLOTS; slot++) {
        bench_free(&bench_slots[slot], checked);
    }
    return bench_errors;
}

/// The bytes of memory that are the workloads' own, not the allocator's.
BENCH_EXPORT(own_bytes) size_t bench_own_bytes(void)
{
    size_t bytes = sizeof bench_slots;
    for (uint32_t number = 0; number < bench_trace_count; number++) {
        bytes += (size_t)bench_traces[number].length * 2U * sizeof(uint32_t);
    }
    return bytes;
}

/// Makes the sizes that follow others; for memory, which one sequence alone says little of.
BENCH_EXPORT(seed) void bench_seed(uint32_t seed)
{
    bench_random_state = 0x5E6F17U + ((uint64_t)seed << 32);
}

BENCH_EXPORT(first_trace) uint32_t bench_first_trace(void)
{
    return WORKLOAD_FIRST_TRACE;
}
