// SPDX-License-Identifier: MIT
/// x86-64, with an instruction that counts put before each of the library's
/// (test/realtime/targets.mjs): it adds one register to another that nothing else uses, which
/// changes no flag.
#ifndef SEGFIT_REALTIME_X86_64_H
#define SEGFIT_REALTIME_X86_64_H

#include "machine.h"

static inline uint32_t machine_begin(void)
{
    __asm__ volatile("movq %0, %%xmm15\n\tpxor %%xmm14, %%xmm14" : : "r"((uint64_t)1) : "memory");
    return 0;
}

static inline uint32_t machine_end(uint32_t begin)
{
    uint64_t count = 0;
    __asm__ volatile("movq %%xmm14, %0" : "=r"(count) : : "memory");
    return (uint32_t)count - begin;
}

#endif
