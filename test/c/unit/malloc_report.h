// SPDX-License-Identifier: MIT
/// The reports that malloc_panic.c received. Without segfit.h, which the malloc includes in its own
/// way.
#ifndef SEGFIT_TEST_MALLOC_REPORT_H
#define SEGFIT_TEST_MALLOC_REPORT_H

#include <stdbool.h>

typedef struct malloc_report {
    unsigned calls;
    int code;
    const void *ptr;
    /// True once: then segfit_malloc_exhausted makes it false and reports that it freed memory.
    bool *relieves;
} malloc_report_t;

extern malloc_report_t report;

#endif
