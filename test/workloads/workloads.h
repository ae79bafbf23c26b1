// SPDX-License-Identifier: MIT
/// The workloads that every allocator is measured on, and what they share.
///
/// A workload keeps blocks in slots and replaces them one by one: one *pair* is one free and one
/// allocation (one realloc, where it is about that). Each runs in two ways: timed, where of each
/// block one byte is written; and checked, where every byte is written and read again before the
/// block is freed, so that blocks which overlap or lose their contents are counted as errors.
#ifndef SEGFIT_BENCH_WORKLOADS_H
#define SEGFIT_BENCH_WORKLOADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_INLINE static inline __attribute__((always_inline))
#if defined(__wasm__)
#define BENCH_EXPORT(name) __attribute__((export_name(#name)))
#else
#define BENCH_EXPORT(name)
#endif

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *ptr, size_t size);
void free(void *ptr);
int posix_memalign(void **memory, size_t alignment, size_t size);

enum {
    BENCH_MOST_SLOTS = 100000,
};

typedef struct slot {
    unsigned char *bytes;
    size_t size;
} slot_t;

extern slot_t bench_slots[BENCH_MOST_SLOTS];

/// How many errors there were since the module started: failed allocations, and bytes that changed.
extern uint32_t bench_errors;

extern uint64_t bench_random_state;

/// The next of a fixed sequence of numbers (xorshift64*).
BENCH_INLINE uint64_t bench_random(void)
{
    uint64_t state = bench_random_state;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    bench_random_state = state;
    return state * 0x2545F4914F6CDD1DU;
}

/// A number below `count`, from the upper half of `random`.
BENCH_INLINE uint32_t bench_below(uint64_t random, uint32_t count)
{
    return (uint32_t)(((random >> 32) * count) >> 32);
}

/// Byte `index` of what the block in `slot` is filled with in a checked run.
BENCH_INLINE unsigned char bench_byte(const slot_t *slot, size_t index)
{
    const uint32_t mixed = ((uint32_t)(slot - bench_slots) + 1U) * 2654435761U;
    return (unsigned char)((mixed >> 24) + index * 7U);
}

/// Puts `bytes`, from `from` on not yet written, into `slot`.
BENCH_INLINE void bench_fill(slot_t *slot, void *bytes, size_t from, size_t size, bool checked)
{
    slot->bytes = bytes;
    slot->size = size;
    if (bytes == NULL) {
        bench_errors++;
        slot->size = 0;
        return;
    }
    if (!checked) {
        *(volatile unsigned char *)bytes = (unsigned char)size;
        return;
    }
    for (size_t index = from; index < size; index++) {
        slot->bytes[index] = bench_byte(slot, index);
    }
}

/// Counts an error if the first `size` bytes of the block in `slot` are not as they were left.
BENCH_INLINE void bench_verify(const slot_t *slot, size_t size, bool checked)
{
    if (!checked) {
        return;
    }
    for (size_t index = 0; index < size; index++) {
        if (slot->bytes[index] != bench_byte(slot, index)) {
            bench_errors++;
            return;
        }
    }
}

BENCH_INLINE void bench_free(slot_t *slot, bool checked)
{
    bench_verify(slot, slot->size, checked);
    free(slot->bytes);
    slot->bytes = NULL;
    slot->size = 0;
}

/// A recorded program: `length` operations of two words, see trace.mjs.
typedef struct trace {
    const uint32_t *operations;
    uint32_t length;
} trace_t;

extern const trace_t bench_traces[];
extern const uint32_t bench_trace_count;

/// Replays a trace as a whole until at least `pairs` allocations were made.
void bench_replay(uint32_t number, uint32_t pairs, bool checked);

#endif
