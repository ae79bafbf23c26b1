// SPDX-License-Identifier: MIT
/// A segfit_panic that notes its arguments and returns. Both definitions are weak, so that several
/// files of one program can include this header and share them.
#ifndef SEGFIT_TEST_REPORT_H
#define SEGFIT_TEST_REPORT_H

#include <segfit.h>

typedef struct report_record {
    unsigned calls;
    segfit_fault_code_t code;
    const segfit_t *heap;
    const void *ptr;
} report_record;

__attribute__((weak)) report_record report;

__attribute__((weak)) void segfit_panic(segfit_fault_code_t code, const segfit_t *heap,
                                        const void *ptr)
{
    report.calls++;
    report.code = code;
    report.heap = heap;
    report.ptr = ptr;
}

#endif
