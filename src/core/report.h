// SPDX-License-Identifier: MIT
/// How the core reports: damage to segfit_panic, moments to segfit_event, and counts to the statistics.
/// Each compiles to nothing where its knob is off.
#ifndef SEGFIT_REPORT_H
#define SEGFIT_REPORT_H

#include "../../include/segfit/inspect.h"
#include "compiler.h"

/// How a damaged heap is told: at once; or by a malloc with threads when it has given back its lock, since
/// segfit_panic may call malloc.
#ifndef SEGFIT_TELL
#define SEGFIT_TELL(code, heap, ptr) segfit_panic((code), (heap), (ptr))
#endif

#if SEGFIT_EVENTS
#define SEGFIT_EVENT(heap, kind, block, a, b) \
    segfit_event((heap), segfit_event_##kind, (block), (a), (b))
#else
#define SEGFIT_EVENT(heap, kind, block, a, b) ((void)0)
#endif

/// Does `statement` where figures are kept.
#if SEGFIT_STATS
#define SEGFIT_FIGURE(statement) \
    do {                         \
        statement;               \
    } while (0)
#else
#define SEGFIT_FIGURE(statement) ((void)0)
#endif

#endif
