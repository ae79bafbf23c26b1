// SPDX-License-Identifier: MIT
/// A segfit_panic that notes what it was told, and returns.
#ifndef SEGFIT_TEST_REPORT_H
#define SEGFIT_TEST_REPORT_H

#include <segfit.h>

static struct {
    unsigned calls;
    segfit_fault_code_t code;
    const segfit_t *heap;
    const void *ptr;
} report;

void segfit_panic(segfit_fault_code_t code, const segfit_t *heap, const void *ptr)
{
    report.calls++;
    report.code = code;
    report.heap = heap;
    report.ptr = ptr;
}

#endif
