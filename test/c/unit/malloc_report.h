// SPDX-License-Identifier: MIT
/// What malloc_panic.c was told. Without segfit.h, which the malloc includes in its own way.
#ifndef SEGFIT_TEST_MALLOC_REPORT_H
#define SEGFIT_TEST_MALLOC_REPORT_H

typedef struct malloc_report {
    unsigned calls;
    int code;
    const void *ptr;
} malloc_report_t;

extern malloc_report_t report;

#endif
