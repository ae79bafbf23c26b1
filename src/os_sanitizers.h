// SPDX-License-Identifier: MIT
/// Says once that a sanitizer is in the program and does not see this heap.
///
/// A part of malloc.c. A sanitizer finds mistakes in the heap by being the malloc. Where this one is linked
/// in as an archive, it is too late to step aside: the sanitizer's would find nothing, and say nothing.
#ifndef SEGFIT_OS_SANITIZERS_H
#define SEGFIT_OS_SANITIZERS_H

#include "os.h"

#if defined(__linux__) && !SEGFIT_OS_SANITIZED && !defined(SEGFIT_MALLOC_PREFIX)
#include <sys/syscall.h>
#include <unistd.h>

#define OS_SANITIZER __attribute__((weak, visibility("default")))

OS_SANITIZER void __asan_init(void);
OS_SANITIZER void __hwasan_init(void);
OS_SANITIZER void __tsan_init(void);
OS_SANITIZER void __msan_init(void);
OS_SANITIZER void __lsan_do_leak_check(void);

#define OS_UNSEEN(name)                                                                 \
    "segfit: this program has " name ", which does not see segfit's heap and finds no " \
    "mistakes in it. For " name ", link the program without segfit's malloc.\n"

/// Writes past the C library, whose write the sanitizer wraps and may not have ready yet.
#define OS_SAY_UNSEEN(name) \
    ((void)syscall(SYS_write, STDERR_FILENO, OS_UNSEEN(name), sizeof OS_UNSEEN(name) - 1U))

static SEGFIT_COLD void os_say_unseen(void)
{
    // AddressSanitizer has LeakSanitizer in it.
    if (__asan_init != NULL) {
        OS_SAY_UNSEEN("AddressSanitizer");
    } else if (__hwasan_init != NULL) {
        OS_SAY_UNSEEN("HWAddressSanitizer");
    } else if (__tsan_init != NULL) {
        OS_SAY_UNSEEN("ThreadSanitizer");
    } else if (__msan_init != NULL) {
        OS_SAY_UNSEEN("MemorySanitizer");
    } else if (__lsan_do_leak_check != NULL) {
        OS_SAY_UNSEEN("LeakSanitizer");
    }
}
#else
static inline void os_say_unseen(void)
{
}
#endif

#endif
