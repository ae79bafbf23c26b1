// SPDX-License-Identifier: MIT
/// What happens when a bad pointer is found and the program did not say.
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
