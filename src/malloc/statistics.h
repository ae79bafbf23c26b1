// SPDX-License-Identifier: MIT
/// What the C library lets a program ask and tell its malloc: figures, trimming, settings.
///
/// A part of malloc.c. The structures have the layout of the platform's <malloc.h>, under other names,
/// since not every platform has one.
#ifndef SEGFIT_MALLOC_FIGURES_H
#define SEGFIT_MALLOC_FIGURES_H

#include "../port/calls.h"

#include <limits.h>

// ---------------------------------------------------------------------------------------- figures

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
/// figure that does not fit is told as the largest that does.
#if SEGFIT_NAMES_POSIX
typedef int process_mallinfo_field_t;
#define PROCESS_MALLINFO_MOST ((size_t)INT_MAX)
#else
typedef size_t process_mallinfo_field_t;
#define PROCESS_MALLINFO_MOST SIZE_MAX
#endif

/// struct mallinfo, of all C libraries that have one.
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

/// What malloc_trim can give back at the end of the heap.
static size_t process_releasable(void)
{
    policy_enter();
    const pool_t *const last = segfit__pool_of(&process_storage.heap, process.last);
    const size_t tail = SEGFIT_OS_DISCARDS && last != NULL ? growable_tail(last) : 0;
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

static process_mallinfo_field_t process_mallinfo_field(size_t figure)
{
    return (process_mallinfo_field_t)(figure < PROCESS_MALLINFO_MOST ? figure
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

// ------------------------------------------------------------------------------------------- text

enum {
    PROCESS_TEXT_SIZE = 512,
};

/// Text that is put together without stdio, which calls malloc and is many times malloc's size.
typedef struct process_text {
    size_t size;
    char bytes[PROCESS_TEXT_SIZE];
} process_text_t;

static void text_add(process_text_t *text, const char *more)
{
    for (; *more != '\0' && text->size < PROCESS_TEXT_SIZE - 1U; more++) {
        text->bytes[text->size++] = *more;
    }
    text->bytes[text->size] = '\0';
}

/// Adds `before`, the number in decimal, and `after`.
static void text_add_number(process_text_t *text, const char *before, size_t number,
                            const char *after)
{
    char digits[sizeof number * 3 + 1];
    size_t begin = sizeof digits - 1;
    digits[begin] = '\0';
    do {
        digits[--begin] = (char)('0' + number % 10U);
        number /= 10U;
    } while (number != 0);
    text_add(text, before);
    text_add(text, &digits[begin]);
    text_add(text, after);
}

/// Writes the figures to standard error.
PROCESS_OFFERED void process_malloc_stats(void)
{
    segfit_stats_t stats;
    process_text_t text = {0, ""};
    segfit_malloc_stats(&stats);
    text_add_number(&text, "segfit malloc: ", stats.capacity, " bytes taken");
    text_add_number(&text, "\n  used ", stats.used, " bytes");
    text_add_number(&text, " in ", stats.used_blocks, " blocks");
    text_add_number(&text, ", at most ", stats.peak_used, " bytes");
    text_add_number(&text, "\n  free ", stats.free, " bytes");
    text_add_number(&text, " in ", stats.free_blocks, " blocks");
    text_add_number(&text, ", up to ", stats.largest_alloc, " bytes surely served");
    text_add_number(&text, "\n  ", stats.allocs, " allocated");
    text_add_number(&text, ", ", stats.frees, " freed");
    text_add_number(&text, ", ", stats.failures, " refused");
    text_add_number(&text, ", grown ", stats.grows, " times\n");
    os_print_error(text.bytes, text.size);
}

// ---------------------------------------------------------------------------- trimming, settings

/// Gives back the pages inside free blocks, but for `pad` bytes at the end of each pool. Returns 1 if
/// there were any, 0 if not. Address space stays, and on wasm all memory does. Linear in blocks.
PROCESS_OFFERED int process_malloc_trim(size_t pad)
{
    segfit_walk_t walk = {0};
    bool any = false;
    segfit_malloc_flush();
    policy_enter();
    while (SEGFIT_OS_DISCARDS && segfit_walk_next(&process_storage.heap, &walk)) {
        // Header and links before, footer behind: kept with room to spare, since only pages go.
        size_t kept = 2U * MIN_BLOCK;
        if (block_is_sentinel(block_next(block_of(walk.ptr)))) {
            kept += pad < walk.size ? pad : walk.size;
        }
        if (!walk.used && walk.size > kept) {
            any |= os_discard((char *)walk.ptr + MIN_BLOCK, walk.size - kept);
        }
    }
    policy_leave();
    return any ? 1 : 0;
}

/// The numbers of mallopt's parameters: M_ARENA_MAX to M_TRIM_THRESHOLD, and M_MXFAST to System V's M_KEEP.
/// dlmalloc's M_GRANULARITY is one of them.
enum {
    PROCESS_ARENA_MAX = -8,
    PROCESS_MMAP_THRESHOLD = -3,
    PROCESS_MXFAST = 1,
    PROCESS_KEEP = 4,
};

/// Returns 1 for a parameter that the C libraries know, 0 for others and for values that glibc refuses. It
/// sets nothing: programs take 0 for a failure, and this heap needs none of these settings.
PROCESS_OFFERED int process_mallopt(int parameter, int value)
{
    if (parameter < PROCESS_ARENA_MAX || parameter > PROCESS_KEEP || parameter == 0) {
        return 0;
    }
#if SEGFIT_NAMES_POSIX
    const int threshold_most = sizeof(size_t) > 4U ? 32 * 1024 * 1024 : 512 * 1024;
    const int fast_most = 20 * (int)sizeof(size_t);
    if (parameter == PROCESS_MMAP_THRESHOLD) {
        return value >= 0 && value <= threshold_most;
    }
    if (parameter == PROCESS_MXFAST) {
        return value >= 0 && value <= fast_most;
    }
#else
    (void)value;
#endif
    return 1;
}

#endif
