// SPDX-License-Identifier: MIT
/// The segfit_panic of test_malloc.c, which has the library's own, a weak one, in its file.
#include "malloc_report.h"

#include <segfit.h>

malloc_report_t report;

void segfit_panic(segfit_fault_code_t code, const segfit_t *heap, const void *ptr)
{
    (void)heap;
    report.calls++;
    report.code = (int)code;
    report.ptr = ptr;
}
