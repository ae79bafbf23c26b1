// SPDX-License-Identifier: MIT
/// What malloc_panic.c was told. Without segfit.h, which the malloc includes in its own way.
#ifndef SEGFIT_TEST_MALLOC_REPORT_H
#define SEGFIT_TEST_MALLOC_REPORT_H

#include <stdbool.h>

typedef struct malloc_report {
    unsigned calls;
    int code;
    const void *ptr;
    /// What a program without memory makes false once, and says that it found some.
    bool *relieves;
} malloc_report_t;

extern malloc_report_t report;

#endif
