// SPDX-License-Identifier: MIT
/// The functions that the core calls in malloc: to report damage, and to take a key.
#ifndef SEGFIT_MALLOC_REPORT_H
#define SEGFIT_MALLOC_REPORT_H

#include "process.h"

#include "../core/compiler.h"
#include "../port/random.h"

typedef struct process_fault {
    segfit_fault_code_t code;
    const void *ptr;
} process_fault_t;

/// A part of the policy: calls segfit_panic at once, or when the caller leaves the heap.
static void policy_report(segfit_fault_code_t code, const void *ptr);

/// Reports damage that the core found. Reports the same damage once: damage stays, and a
/// segfit_panic that allocates would meet it again and again.
SEGFIT_INTERNAL SEGFIT_COLD void process_report_damage(segfit_fault_code_t code, const void *ptr)
{
    static process_fault_t reported;
    if (reported.code != code || reported.ptr != ptr) {
        reported = (process_fault_t){code, ptr};
        policy_report(code, ptr);
    }
}

/// Gives the heap a random key before its first pool, so that nobody can forge a header.
static inline void process_take_key(void)
{
#if SEGFIT_CHECK >= 3
    segfit_set_key(port_random());
#endif
}

#endif
