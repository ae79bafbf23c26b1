// SPDX-License-Identifier: MIT
/// How malloc.c compiles the core: as a part of itself, with static functions and a fixed geometry.
///
/// The core's headers read these macros, so this file comes before them. SEGFIT_MALLOC_UNIT tells
/// the core and the ports that they are a part of malloc.c; a port that is compiled on its own is
/// empty.
#ifndef SEGFIT_MALLOC_SETTINGS_H
#define SEGFIT_MALLOC_SETTINGS_H

#include "../port/port.h"

// `em++ app.cpp segfit_malloc.c` compiles malloc.c as C++.
#if defined(__cplusplus)
#define _Static_assert static_assert
#define _Thread_local thread_local
#define PROCESS_BEGIN_C extern "C" {
#define PROCESS_END_C }
/// Declares a function that a name of the C library is an alias of. In C++ a static function has a
/// mangled name, which an alias cannot spell.
#define PROCESS_OFFERED __attribute__((visibility("hidden")))
#else
#define PROCESS_BEGIN_C
#define PROCESS_END_C
#define PROCESS_OFFERED static
#endif

/// 1 where memset and memcpy must become instructions, whatever the target's features: wasm without
/// a C library.
#if defined(__wasm__) && !defined(__wasm_bulk_memory__) && !SEGFIT_PORT_HOSTED
#define PROCESS_OWN_BULK 1
#else
#define PROCESS_OWN_BULK 0
#endif

#define SEGFIT_MALLOC_UNIT 1
#define SEGFIT_API static __attribute__((unused))
#define SEGFIT_INTERNAL static __attribute__((unused))
#define SEGFIT_CONSTANT static __attribute__((unused)) const
#define SEGFIT_HOOK_API extern

/// The heap has rows for blocks as large as an address can be: 32 bits, or the 48 that 64-bit
/// systems use.
#if SEGFIT_ALIGN == 16
#define PROCESS_ALIGN_LOG2 4
#else
#define PROCESS_ALIGN_LOG2 3
#endif
#if UINTPTR_MAX > 0xFFFFFFFFU
#define PROCESS_ADDRESS_BITS 48
#else
#define PROCESS_ADDRESS_BITS 32
#endif
#define SEGFIT_FIXED_COLUMNS_LOG2 4
#define SEGFIT_FIXED_ROWS \
    (PROCESS_ADDRESS_BITS - PROCESS_ALIGN_LOG2 - SEGFIT_FIXED_COLUMNS_LOG2 + 1)

// Defined in process.h. Every access to the heap has its address in the instruction.
#define SEGFIT_FIXED_HEAP (&process_storage.heap)
#define SEGFIT_FIXED_SOURCE (&port_source)

// Defined in report.h.
#define SEGFIT_REPORT(code, heap, ptr) process_report_damage((code), (ptr))
#define SEGFIT_NEW_KEY() process_take_key()

#endif
