// SPDX-License-Identifier: MIT
/// The hooks of malloc_within.h, which has the library's own, weak ones, in its file.
#include "malloc_report.h"

#include <segfit/malloc.h>

malloc_report_t report;

void segfit_panic(segfit_fault_code_t code, const segfit_t *heap, const void *ptr)
{
    (void)heap;
    report.calls++;
    report.code = (int)code;
    report.ptr = ptr;
}

bool segfit_malloc_exhausted(size_t size)
{
    bool *const relieved = report.relieves;
    (void)size;
    if (relieved != NULL) {
        *relieved = false;
        report.relieves = NULL;
    }
    return relieved != NULL;
}
