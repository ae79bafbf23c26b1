// SPDX-License-Identifier: MIT
/// Refuses knobs out of their ranges. include/segfit/config.h and malloc_config.h document the
/// knobs and have their defaults.
#ifndef SEGFIT_CORE_CONFIG_H
#define SEGFIT_CORE_CONFIG_H

#include "../../include/segfit/config.h"
#include "../../include/segfit/malloc_config.h"
#include "../../include/segfit.h"

#if SEGFIT_ALIGN != 8 && SEGFIT_ALIGN != 16
#error "SEGFIT_ALIGN is 8 or 16"
#endif
#if SEGFIT_CHECK < 0 || SEGFIT_CHECK > 4
#error "SEGFIT_CHECK is 0 to 4"
#endif
#if SEGFIT_CHECK >= 4 && SEGFIT_CACHE > 0
#error "SEGFIT_CACHE is 0 at level 4"
#endif

/// Refuses a value out of range, and a word, which #if reads as 0.
#define SEGFIT_KNOB(knob, least, most)                                \
    _Static_assert((knob) + 0LL >= (least) && (knob) + 0LL <= (most), \
                   #knob " is a number from " #least " to " #most)

SEGFIT_KNOB(SEGFIT_ALIGN, 8, 16);
SEGFIT_KNOB(SEGFIT_CHECK, 0, 4);
SEGFIT_KNOB(SEGFIT_QUARANTINE, 1, 65535);
SEGFIT_KNOB(SEGFIT_QUARANTINE_LARGEST, 0, 1073741824);
SEGFIT_KNOB(SEGFIT_WALK, 0, 65535);
SEGFIT_KNOB(SEGFIT_STATS, 0, 1);
SEGFIT_KNOB(SEGFIT_EVENTS, 0, 1);
SEGFIT_KNOB(SEGFIT_PROBES, 0, 64);
SEGFIT_KNOB(SEGFIT_FIXED_ROWS, 0, 8 * (int)sizeof(void *));
SEGFIT_KNOB(SEGFIT_FIXED_COLUMNS_LOG2, 0, 5);
_Static_assert(SEGFIT_FIXED_POLICY == SEGFIT_POLICY_PROBE ||
                   SEGFIT_FIXED_POLICY == SEGFIT_POLICY_STOCK,
               "SEGFIT_FIXED_POLICY is SEGFIT_POLICY_PROBE or SEGFIT_POLICY_STOCK");
SEGFIT_KNOB(SEGFIT_FIXED_SEARCH, 0, 1);
SEGFIT_KNOB(SEGFIT_CACHE, 0, 255);
SEGFIT_KNOB(SEGFIT_CACHE_LARGEST, 64, 4096);
_Static_assert(SEGFIT_CACHE_LARGEST % 16 == 0, "SEGFIT_CACHE_LARGEST is a multiple of 16");
SEGFIT_KNOB(SEGFIT_CACHE_BYTES, 64, 1048576);
SEGFIT_KNOB(SEGFIT_THREADS, 0, 1);
SEGFIT_KNOB(SEGFIT_CACHE_BATCH, 1, 255);
SEGFIT_KNOB(SEGFIT_CACHE_REFILL, 0, 65536);
SEGFIT_KNOB(SEGFIT_CACHE_ISLAND, 0, 65536);
SEGFIT_KNOB(SEGFIT_CACHE_LOOKS, 1, 64);
SEGFIT_KNOB(SEGFIT_WORDWISE, 0, 1024);
SEGFIT_KNOB(SEGFIT_DEBUG, 0, 1);

#endif
