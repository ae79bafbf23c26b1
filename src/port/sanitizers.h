// SPDX-License-Identifier: MIT
/// Warns that a sanitizer is in the program and does not see this heap.
///
/// A sanitizer finds mistakes in the heap by being the malloc. If this malloc was linked in as an
/// archive, it is too late to step aside: the sanitizer would find nothing, and the user would not
/// know why.
#ifndef SEGFIT_PORT_SANITIZERS_H
#define SEGFIT_PORT_SANITIZERS_H

#include "port.h"

#include "../core/compiler.h"

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

/// 1 where the compiler adds a sanitizer that brings its own malloc.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_HWADDRESS__) || defined(__SANITIZE_THREAD__)
#define SEGFIT_PORT_SANITIZED 1
#elif defined(__has_feature)
#define SEGFIT_PORT_SANITIZED                                                  \
    (__has_feature(address_sanitizer) || __has_feature(hwaddress_sanitizer) || \
     __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer) ||     \
     __has_feature(leak_sanitizer))
#else
#define SEGFIT_PORT_SANITIZED 0
#endif

#if defined(__linux__) && !SEGFIT_PORT_SANITIZED && !defined(SEGFIT_MALLOC_PREFIX)
#define PORT_SANITIZER __attribute__((weak, visibility("default")))

PORT_SANITIZER void __asan_init(void);
PORT_SANITIZER void __hwasan_init(void);
PORT_SANITIZER void __tsan_init(void);
PORT_SANITIZER void __msan_init(void);
PORT_SANITIZER void __lsan_do_leak_check(void);

/// Returns the name of the sanitizer in the program, or NULL. AddressSanitizer contains
/// LeakSanitizer.
static SEGFIT_COLD const char *port_sanitizer(void)
{
    return __asan_init != NULL            ? "AddressSanitizer"
           : __hwasan_init != NULL        ? "HWAddressSanitizer"
           : __tsan_init != NULL          ? "ThreadSanitizer"
           : __msan_init != NULL          ? "MemorySanitizer"
           : __lsan_do_leak_check != NULL ? "LeakSanitizer"
                                          : NULL;
}

/// Bypasses the C library, since the sanitizer wraps write and its wrapper may not be ready.
static SEGFIT_COLD void port_print_raw(const char *text)
{
    (void)syscall(SYS_write, STDERR_FILENO, text, __builtin_strlen(text));
}

static SEGFIT_COLD void port_warn_of_sanitizer(void)
{
    const char *const name = port_sanitizer();
    if (name != NULL) {
        port_print_raw("segfit: this program has ");
        port_print_raw(name);
        port_print_raw(
            ", which does not see segfit's heap and finds no mistakes in it. For the sanitizer, "
            "link the program without segfit's malloc.\n");
    }
}
#else
static inline void port_warn_of_sanitizer(void)
{
}
#endif

#endif
