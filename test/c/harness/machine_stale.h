// SPDX-License-Identifier: MIT
/// Operations with pointers to blocks that live no more. A part of machine.h.
#ifndef SEGFIT_TEST_MACHINE_STALE_H
#define SEGFIT_TEST_MACHINE_STALE_H

#include "oracle_stale.h"

/// Hands a pointer that must be reported to one of the functions. It is reported once, and nothing
/// changes.
static inline const char *machine_do_stale(machine *m, const operation *op)
{
    unsigned char *const ptr = oracle_stale(&m->o, op->number);
    if (!ORACLE_REPORTS || ptr == NULL) {
        return NULL;
    }
    // A header that was overwritten since is a free block's link or the end of a pool.
    const segfit_fault_code_t fault = segfit_pointer_fault(m->o.heap, ptr);
    EXPECT(fault == SEGFIT_FREED || fault == SEGFIT_NOT_A_BLOCK);
    switch (op->slot % 4) {
    case 0:
        EXPECT(machine_realloc(m, ptr, (size_t)1 << op->align_log2, op->number % 512U) == NULL);
        break;
    case 1:
        EXPECT(!segfit_resize(m->o.heap, ptr, op->number % 512U));
        break;
    case 2:
        EXPECT(segfit_usable_size(m->o.heap, ptr) == 0);
        break;
    default:
        MACHINE_FREE(m->o.heap, ptr);
    }
    EXPECT(machine_panics == 1 && machine_unchanged(m));
    machine_panics = 0;
    return NULL;
}

static inline const char *machine_do_make_again(machine *m)
{
    const segfit_options_t options = setup_options(&m->heap);
    EXPECT(oracle_make_again(&m->o, &options));
    m->growable.last = NULL;
    return NULL;
}

#endif
