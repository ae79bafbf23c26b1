// SPDX-License-Identifier: MIT
/// Gives pages back to the system.
#ifndef SEGFIT_PORT_DISCARD_H
#define SEGFIT_PORT_DISCARD_H

#include "port.h"

#include <stdbool.h>

#if SEGFIT_PORT_POSIX
#include <sys/mman.h>
#include <unistd.h>
#endif

#if SEGFIT_PORT_POSIX && defined(MADV_DONTNEED)
/// The type in which mincore writes the state of a page.
#if defined(__linux__)
typedef unsigned char port_present_t;
#else
typedef char port_present_t;
#endif

enum {
    /// The most pages that one call of mincore covers.
    PORT_ASKED_PAGES = 1024,
};

/// Counts the pages that are present, from the first byte of a page on.
static size_t port_pages_present(char *begin, size_t size, size_t page)
{
    port_present_t present[PORT_ASKED_PAGES];
    size_t count = 0;
    if (mincore((void *)begin, size, present) != 0) {
        return 0;
    }
    for (size_t i = 0; i < size / page; i++) {
        count += (unsigned)present[i] & 1U;
    }
    return count;
}

/// Gives the pages that lie wholly within `size` bytes from `begin` back to the system. Returns
/// true if there were any.
static bool port_discard(char *begin, size_t size)
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
        const size_t most = page * PORT_ASKED_PAGES;
        const size_t step = whole < most ? whole : most;
        if (port_pages_present(next, step, page) > 0) {
            any |= madvise(next, step, MADV_DONTNEED) == 0;
        }
        next += step;
    }
    return any;
}
#define SEGFIT_PORT_DISCARDS 1
#else
static inline bool port_discard(const char *begin, size_t size)
{
    (void)begin;
    (void)size;
    return false;
}
#define SEGFIT_PORT_DISCARDS 0
#endif

#endif
