// SPDX-License-Identifier: MIT
/// Included before src/malloc/malloc.c: what it calls to get memory from the system goes through
/// the test, which refuses the call that the test chose.
#ifndef SEGFIT_TEST_REFUSING_H
#define SEGFIT_TEST_REFUSING_H

#include <stddef.h>
#include <stdint.h>

#if defined(__EMSCRIPTEN__)
#define sbrk refusing_sbrk
#elif defined(__wasm__)
size_t refusing_memory_grow(int memory, size_t pages);
#define __builtin_wasm_memory_grow refusing_memory_grow
#else
#define mmap refusing_mmap
#define mprotect refusing_mprotect
#endif

#endif
