// SPDX-License-Identifier: MIT
/// mallinfo and mallinfo2. The structures have the layout of the platform's <malloc.h>, under other
/// names, since not every platform has that header.
#ifndef SEGFIT_MALLOC_MALLINFO_H
#define SEGFIT_MALLOC_MALLINFO_H

#include "policy.h"

#include "../port/discard.h"

#include <limits.h>

/// struct mallinfo2, of glibc.
typedef struct process_mallinfo2 {
    size_t arena;
    size_t ordblks;
    size_t smblks;
    size_t hblks;
    size_t hblkhd;
    size_t usmblks;
    size_t fsmblks;
    size_t uordblks;
    size_t fordblks;
    size_t keepcost;
} process_mallinfo2_t;

/// A field of struct mallinfo: int, and in newer Emscriptens size_t, which on wasm32 is as large. A
/// value that does not fit becomes the largest that does.
#if SEGFIT_NAMES_POSIX
typedef int process_mallinfo_field_t;
#define PROCESS_MALLINFO_MOST ((size_t)INT_MAX)
#else
typedef size_t process_mallinfo_field_t;
#define PROCESS_MALLINFO_MOST SIZE_MAX
#endif

/// struct mallinfo, of every C library that has it.
typedef struct process_mallinfo {
    process_mallinfo_field_t arena;
    process_mallinfo_field_t ordblks;
    process_mallinfo_field_t smblks;
    process_mallinfo_field_t hblks;
    process_mallinfo_field_t hblkhd;
    process_mallinfo_field_t usmblks;
    process_mallinfo_field_t fsmblks;
    process_mallinfo_field_t uordblks;
    process_mallinfo_field_t fordblks;
    process_mallinfo_field_t keepcost;
} process_mallinfo_t;

/// Returns how many bytes malloc_trim can release at the end of the heap.
static size_t process_releasable(void)
{
    policy_enter();
    const pool_t *const last = segfit__pool_of(&process_storage.heap, process.last);
    const size_t tail = SEGFIT_PORT_DISCARDS && last != NULL ? growable_tail(last) : 0;
    policy_leave();
    return tail;
}

PROCESS_OFFERED process_mallinfo2_t process_mallinfo2(void)
{
    segfit_stats_t stats;
    segfit_malloc_stats(&stats);
    return (process_mallinfo2_t){
        .arena = stats.capacity,
        .ordblks = stats.free_blocks,
        .usmblks = stats.peak_used,
        .uordblks = stats.used,
        .fordblks = stats.free,
        .keepcost = process_releasable(),
    };
}

static process_mallinfo_field_t process_mallinfo_field(size_t value)
{
    return (process_mallinfo_field_t)(value < PROCESS_MALLINFO_MOST ? value
                                                                    : PROCESS_MALLINFO_MOST);
}

PROCESS_OFFERED process_mallinfo_t process_mallinfo(void)
{
    const process_mallinfo2_t info = process_mallinfo2();
    return (process_mallinfo_t){
        .arena = process_mallinfo_field(info.arena),
        .ordblks = process_mallinfo_field(info.ordblks),
        .usmblks = process_mallinfo_field(info.usmblks),
        .uordblks = process_mallinfo_field(info.uordblks),
        .fordblks = process_mallinfo_field(info.fordblks),
        .keepcost = process_mallinfo_field(info.keepcost),
    };
}

#endif
