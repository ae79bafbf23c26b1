// SPDX-License-Identifier: MIT
/// Says once that a sanitizer is in the program and does not see this heap.
///
/// A part of malloc.c. A sanitizer finds mistakes in the heap by being the malloc. Where this one is linked
/// in as an archive, it is too late to step aside: the sanitizer's would find nothing, and say nothing.
#ifndef SEGFIT_OS_SANITIZERS_H
#define SEGFIT_OS_SANITIZERS_H

#include "calls.h"

#if defined(__linux__) && !SEGFIT_OS_SANITIZED && !defined(SEGFIT_MALLOC_PREFIX)
#include <sys/syscall.h>
#include <unistd.h>

#define OS_SANITIZER __attribute__((weak, visibility("default")))

OS_SANITIZER void __asan_init(void);
OS_SANITIZER void __hwasan_init(void);
OS_SANITIZER void __tsan_init(void);
OS_SANITIZER void __msan_init(void);
OS_SANITIZER void __lsan_do_leak_check(void);

/// The name of the sanitizer in the program, or NULL. AddressSanitizer has LeakSanitizer in it.
static SEGFIT_COLD const char *os_sanitizer(void)
{
    return __asan_init != NULL            ? "AddressSanitizer"
           : __hwasan_init != NULL        ? "HWAddressSanitizer"
           : __tsan_init != NULL          ? "ThreadSanitizer"
           : __msan_init != NULL          ? "MemorySanitizer"
           : __lsan_do_leak_check != NULL ? "LeakSanitizer"
                                          : NULL;
}

/// Writes past the C library, whose write the sanitizer wraps and may not have ready yet.
static SEGFIT_COLD void os_print_raw(const char *text)
{
    (void)syscall(SYS_write, STDERR_FILENO, text, __builtin_strlen(text));
}

static SEGFIT_COLD void os_warn_of_sanitizer(void)
{
    const char *const name = os_sanitizer();
    if (name != NULL) {
        os_print_raw("segfit: this program has ");
        os_print_raw(name);
        os_print_raw(
            ", which does not see segfit's heap and finds no mistakes in it. For the sanitizer, "
            "link the program without segfit's malloc.\n");
    }
}
#else
static inline void os_warn_of_sanitizer(void)
{
}
#endif

#endif
