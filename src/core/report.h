// SPDX-License-Identifier: MIT
/// Reporting: faults to segfit_panic, moments to segfit_event, counts to the statistics. Each macro
/// compiles to nothing where its knob is off.
#ifndef SEGFIT_REPORT_H
#define SEGFIT_REPORT_H

#include "../../include/segfit/inspect.h"
#include "compiler.h"

/// Reports a fault that is found inside an operation. Calls segfit_panic at once. A malloc with
/// threads redefines it to report after unlocking, since segfit_panic may call malloc.
#ifndef SEGFIT_REPORT
#define SEGFIT_REPORT(code, heap, ptr) segfit_panic((code), (heap), (ptr))
#endif

#if SEGFIT_EVENTS
#define SEGFIT_EVENT(heap, kind, block, a, b) \
    segfit_event((heap), segfit_event_##kind, (block), (a), (b))
#else
#define SEGFIT_EVENT(heap, kind, block, a, b) ((void)0)
#endif

/// Executes `statement` if statistics are kept.
#if SEGFIT_STATS
#define SEGFIT_FIGURE(statement) \
    do {                         \
        statement;               \
    } while (0)
#else
#define SEGFIT_FIGURE(statement) ((void)0)
#endif

#endif
