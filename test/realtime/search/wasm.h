// SPDX-License-Identifier: MIT
/// WebAssembly whose every instruction was given a counter (test/realtime/wasm_counter.mjs); the
/// host reads it.
#ifndef SEGFIT_REALTIME_WASM_H
#define SEGFIT_REALTIME_WASM_H

#include "machine.h"

__attribute__((import_module("host"), import_name("count"))) uint32_t host_count(void);

static inline uint32_t machine_begin(void)
{
    return host_count();
}

static inline uint32_t machine_end(uint32_t begin)
{
    return host_count() - begin;
}

#endif
