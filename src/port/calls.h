// SPDX-License-Identifier: MIT
/// What malloc asks of the system beside memory: to take pages back, to write a message, a random number.
///
/// A part of malloc.c. malloc and free call none of it on their usual way. docs/malloc.md lists all functions of the
/// C library that malloc calls, with the locks that they take.
#ifndef SEGFIT_OS_CALLS_H
#define SEGFIT_OS_CALLS_H

#include "../core/config.h"
#include "port.h"

#include <stdbool.h>

#if SEGFIT_OS_POSIX
#include <sys/mman.h>
#endif
#if SEGFIT_OS_HOSTED
#include <unistd.h>
#endif
#if SEGFIT_NAMES_POSIX && SEGFIT_THREADS
#include <errno.h>
#include <pthread.h>
#endif
#if defined(__APPLE__)
#include <sys/random.h>
#endif

// The knobs of port.h, which comes before config.h.
SEGFIT_KNOB(SEGFIT_MALLOC, 0, 1);
SEGFIT_KNOB(SEGFIT_MALLOC_STATIC_SIZE, 0, PTRDIFF_MAX);
SEGFIT_KNOB(SEGFIT_MALLOC_GROWTH_SHIFT, 0, 63);
SEGFIT_KNOB(SEGFIT_MALLOC_SBRK_ZEROED, 0, 1);
SEGFIT_KNOB(SEGFIT_MALLOC_RESERVE, 65536, PTRDIFF_MAX);
SEGFIT_KNOB(SEGFIT_MALLOC_ERRNO, 0, 1);

/// 1 where the compiler adds a sanitizer that brings its own malloc.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_HWADDRESS__) || defined(__SANITIZE_THREAD__)
#define SEGFIT_OS_SANITIZED 1
#elif defined(__has_feature)
#define SEGFIT_OS_SANITIZED                                                    \
    (__has_feature(address_sanitizer) || __has_feature(hwaddress_sanitizer) || \
     __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer) ||     \
     __has_feature(leak_sanitizer))
#else
#define SEGFIT_OS_SANITIZED 0
#endif

#if SEGFIT_OS_POSIX && defined(MADV_DONTNEED)
/// The type that mincore writes a page's state as.
#if defined(__linux__)
typedef unsigned char os_present_t;
#else
typedef char os_present_t;
#endif

enum {
    /// Pages that one question about them covers.
    OS_ASKED_PAGES = 1024,
};

/// How many of the pages in memory that begins at a page's begin are there.
static size_t os_pages_present(char *begin, size_t size, size_t page)
{
    os_present_t present[OS_ASKED_PAGES];
    size_t count = 0;
    if (mincore((void *)begin, size, present) != 0) {
        return 0;
    }
    for (size_t i = 0; i < size / page; i++) {
        count += (unsigned)present[i] & 1U;
    }
    return count;
}

/// Gives back the pages that lie wholly within `size` bytes from `begin`; they read as zero then. Returns
/// whether there were any.
static bool os_discard(char *begin, size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t before = (0U - (uintptr_t)begin) & (page - 1U);
    bool any = false;
    if (size <= before) {
        return false;
    }
    const char *const end = begin + size;
    char *next = begin + before;
    while ((size_t)(end - next) >= page) {
        const size_t whole = (size_t)(end - next) & ~(page - 1U);
        const size_t most = page * OS_ASKED_PAGES;
        const size_t step = whole < most ? whole : most;
        if (os_pages_present(next, step, page) > 0) {
            any |= madvise(next, step, MADV_DONTNEED) == 0;
        }
        next += step;
    }
    return any;
}
#define SEGFIT_OS_DISCARDS 1
#else
static inline bool os_discard(const char *begin, size_t size)
{
    (void)begin;
    (void)size;
    return false;
}
#define SEGFIT_OS_DISCARDS 0
#endif

/// A word of the system's random numbers; 0 if it has none.
static inline size_t os_random(void)
{
    size_t word = 0;
#if SEGFIT_OS_HOSTED
    if (getentropy(&word, sizeof word) != 0) {
        word = 0;
    }
#endif
    return word;
}

/// Writes text to standard error, past the C library's buffers, which malloc may have to make.
static void os_write(const char *text, size_t size)
{
#if SEGFIT_OS_HOSTED
    while (size > 0) {
        const ssize_t written = write(STDERR_FILENO, text, size);
#if SEGFIT_NAMES_POSIX && SEGFIT_THREADS
        if (written < 0 && errno == EINTR) {
            continue;
        }
#endif
        if (written <= 0) {
            return;
        }
        text += written;
        size -= (size_t)written;
    }
#else
    (void)text;
    (void)size;
#endif
}

/// As os_write. Keeps errno, and never ends the thread: write is a cancellation point.
static void os_print_error(const char *text, size_t size)
{
#if SEGFIT_NAMES_POSIX && SEGFIT_THREADS
    const int saved = errno;
    int state = PTHREAD_CANCEL_ENABLE;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    os_write(text, size);
    (void)pthread_setcancelstate(state, NULL);
    errno = saved;
#else
    os_write(text, size);
#endif
}

#endif
