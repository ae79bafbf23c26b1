// SPDX-License-Identifier: MIT
/// Words of which each thread has its own.
///
/// In wasm such a word is a global of the thread's instance, not thread-local storage: the C
/// libraries there ask malloc for the memory of that storage before the storage exists, and free it
/// before the thread has freed everything else.
#ifndef SEGFIT_PORT_THREAD_WORD_H
#define SEGFIT_PORT_THREAD_WORD_H

#include "port.h"

#include "../core/config.h"

#if defined(__wasm__)
#if defined(__wasm64__)
#define PORT_WORD_TYPE "i64"
#else
#define PORT_WORD_TYPE "i32"
#endif

/// Defines port_NAME() and port_set_NAME(): a word of the thread's own, 0 at first.
#define PORT_THREAD_WORD(name)                                                        \
    __asm__(".globaltype segfit_" #name ", " PORT_WORD_TYPE "\nsegfit_" #name ":\n"); \
    static SEGFIT_ALWAYS_INLINE uintptr_t port_##name(void)                           \
    {                                                                                 \
        uintptr_t word;                                                               \
        __asm__ volatile("global.get segfit_" #name "\n\tlocal.set %0" : "=r"(word)); \
        return word;                                                                  \
    }                                                                                 \
    static SEGFIT_ALWAYS_INLINE void port_set_##name(uintptr_t word)                  \
    {                                                                                 \
        __asm__ volatile("local.get %0\n\tglobal.set segfit_" #name ::"r"(word));     \
    }
#else
/// The same. Initial-exec: reading the word calls nothing, also in a library that is loaded before
/// the program.
#define PORT_THREAD_WORD(name)                                                                  \
    static _Thread_local uintptr_t port_word_##name __attribute__((tls_model("initial-exec"))); \
    static SEGFIT_ALWAYS_INLINE uintptr_t port_##name(void)                                     \
    {                                                                                           \
        return port_word_##name;                                                                \
    }                                                                                           \
    static SEGFIT_ALWAYS_INLINE void port_set_##name(uintptr_t word)                            \
    {                                                                                           \
        port_word_##name = word;                                                                \
    }
#endif

#endif
