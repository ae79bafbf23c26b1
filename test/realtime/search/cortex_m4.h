// SPDX-License-Identifier: MIT
/// A bare Cortex-M4 in QEMU. Its -icount makes SysTick advance with instructions, 1,000 for each
/// 172,032 ticks at shift 10, so counts are exact.
#ifndef SEGFIT_REALTIME_CORTEX_M4_H
#define SEGFIT_REALTIME_CORTEX_M4_H

#include "machine.h"

#define SYSTICK_VALUE (*(volatile uint32_t *)0xE000E018U)

/// The timer begins anew, so that it does not run out between the two readings: QEMU then is off by
/// one.
static inline uint32_t machine_begin(void)
{
    SYSTICK_VALUE = 0;
    return SYSTICK_VALUE;
}

static inline uint32_t machine_end(uint32_t begin)
{
    const uint32_t end = SYSTICK_VALUE;
    return (((begin - end) & 0xFFFFFFU) * 1000U + 86016U) / 172032U;
}

#endif
