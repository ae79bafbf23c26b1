// SPDX-License-Identifier: MIT
/// The workloads that repeat what real programs did.
#include "workloads.h"

/// The lowest bits of an operation's first word; the rest is the slot. Numbered as in
/// traces/format.mjs.
enum {
    TRACE_MALLOC,
    TRACE_CALLOC,
    TRACE_REALLOC,
    TRACE_FREE,
};

/// Does one operation; returns whether it allocated.
BENCH_INLINE bool replay_one(const uint32_t *operation, bool checked)
{
    slot_t *const slot = &bench_slots[operation[0] >> 2];
    const size_t size = operation[1];
    const size_t kept = slot->size < size ? slot->size : size;
    switch (operation[0] & 3U) {
    case TRACE_MALLOC:
        bench_fill(slot, malloc(size), 0, size, checked);
        return true;
    case TRACE_CALLOC:
        bench_fill(slot, calloc(1, size), 0, size, checked);
        return true;
    case TRACE_REALLOC:
        slot->bytes = realloc(slot->bytes, size);
        if (slot->bytes != NULL) {
            bench_verify(slot, kept, checked);
        }
        bench_fill(slot, slot->bytes, kept, size, checked);
        return true;
    default:
        bench_free(slot, checked);
        return false;
    }
}

void bench_replay(uint32_t number, uint32_t pairs, bool checked)
{
    const trace_t *const trace = &bench_traces[number];
    for (uint32_t done = 0; done < pairs;) {
        for (uint32_t index = 0; index < trace->length; index++) {
            done += replay_one(&trace->operations[2U * index], checked);
        }
    }
}
