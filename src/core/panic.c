// SPDX-License-Identifier: MIT
/// The library's own segfit_panic, for programs that define none: it traps.
#include "link.h"

#include "compiler.h"

SEGFIT_HOOK_API SEGFIT_WEAK void segfit_panic(segfit_fault_code_t code, const segfit_t *heap,
                                              const void *ptr)
{
    (void)code;
    (void)heap;
    (void)ptr;
    SEGFIT_TRAP();
}
