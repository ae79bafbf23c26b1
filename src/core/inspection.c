// SPDX-License-Identifier: MIT
/// Whether a heap is that of the program's malloc.
#include "link.h"

#include "inspection.h"

#if SEGFIT_IS_LINKED && SEGFIT_SERVES_MALLOC
#if defined(__APPLE__)
// Its linker resolves a weak definition here, not a weak reference.
const inspection_t INSPECTION_OF_MALLOC SEGFIT_WEAK;
const inspection_t INSPECTION_OF_MALLOC = {.heap = NULL};
#else
extern const inspection_t INSPECTION_OF_MALLOC SEGFIT_WEAK;

/// Objects of two libraries with different settings do not link, and the linker shows this name.
SEGFIT_INTERNAL __typeof__(segfit__inspection_of) segfit__all_objects_need_the_same_settings
    __attribute__((alias(SEGFIT_STRING(SEGFIT_SETTINGS_LONG(segfit__inspection_of)))));
#endif

const inspection_t *segfit__inspection_of(const segfit_t *heap)
{
    const inspection_t *const other = &INSPECTION_OF_MALLOC;
    return other != NULL && other->heap == heap ? other : NULL;
}
#endif
