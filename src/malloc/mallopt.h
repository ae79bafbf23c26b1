// SPDX-License-Identifier: MIT
/// mallopt: accepts the parameters that programs set, and sets nothing.
#ifndef SEGFIT_MALLOC_MALLOPT_H
#define SEGFIT_MALLOC_MALLOPT_H

#include "settings.h"

/// The numbers of mallopt's parameters: M_ARENA_MAX to M_TRIM_THRESHOLD, and M_MXFAST to System V's
/// M_KEEP. dlmalloc's M_GRANULARITY is one of them.
enum {
    PROCESS_ARENA_MAX = -8,
    PROCESS_MMAP_THRESHOLD = -3,
    PROCESS_MXFAST = 1,
    PROCESS_KEEP = 4,
};

/// Returns 1 for a parameter that the C libraries know, 0 for others and for values that glibc
/// refuses. Sets nothing: this heap needs none of these settings, and programs take 0 for a
/// failure.
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
