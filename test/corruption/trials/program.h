// SPDX-License-Identifier: MIT
/// Shared by the programs: an oracle that knows the blocks in use, and how a program goes on after
/// a mistake.
#ifndef SEGFIT_CORRUPTION_PROGRAM_H
#define SEGFIT_CORRUPTION_PROGRAM_H

#include "programs.h"

#include "../../../include/segfit/malloc.h"

void *malloc(size_t size);
void free(void *ptr);
void *calloc(size_t count, size_t size);
void *realloc(void *ptr, size_t size);
void *aligned_alloc(size_t alignment, size_t size);

enum {
    OWNED = 1024,
    /// At each end of a block, how many bytes the oracle writes and looks at.
    WATCHED = 64,
    LETTER = 'A',
};

typedef struct owned {
    unsigned char *ptr;
    size_t size;
    unsigned char with;
} owned_t;

static owned_t owned[OWNED];
static size_t owned_count;

/// In a volatile, so that no compiler knows where a write goes.
static unsigned char *volatile any;

static inline void put(unsigned char *at, unsigned char with, size_t count)
{
    volatile unsigned char *byte = at;
    while (count-- > 0) {
        *byte++ = with;
    }
}

static inline unsigned char *opaque(unsigned char *ptr)
{
    any = ptr;
    return any;
}

/// Fills both ends of a block, or looks at them. False if they are not as they were filled.
static inline bool ends_are(const owned_t *one, bool fill)
{
    for (size_t at = 0; at < one->size; at++) {
        if (at == WATCHED && one->size > 2 * WATCHED) {
            at = one->size - WATCHED;
        }
        volatile unsigned char *const byte = one->ptr + at;
        if (fill) {
            *byte = one->with;
        } else if (*byte != one->with) {
            return false;
        }
    }
    return true;
}

/// Notes a block that was given, after a look at where.
static inline unsigned char *own(unsigned char *ptr, size_t size)
{
    static unsigned char with;
    if (ptr == NULL || owned_count == OWNED) {
        return ptr;
    }
    const uintptr_t address = (uintptr_t)ptr;
    const uintptr_t table = (uintptr_t)owned;
    if (address % sizeof(void *) != 0 ||
        (address < table + sizeof owned && table < address + size)) {
        host_end(OUTCOME_harmful);
    }
    for (size_t i = 0; i < owned_count; i++) {
        if (address < (uintptr_t)owned[i].ptr + owned[i].size &&
            (uintptr_t)owned[i].ptr < address + size) {
            host_end(OUTCOME_harmful);
        }
    }
    owned[owned_count] = (owned_t){ptr, size, ++with};
    ends_are(&owned[owned_count++], true);
    return ptr;
}

static inline unsigned char *take(size_t size)
{
    return own(malloc(size), size);
}

/// Forgets a block, whose bytes are looked at unless the program wrote over them itself.
static inline void disown(const unsigned char *ptr, bool look)
{
    for (size_t i = 0; i < owned_count; i++) {
        if (owned[i].ptr == ptr) {
            if (look && !ends_are(&owned[i], false)) {
                host_end(OUTCOME_harmful);
            }
            owned[i] = owned[--owned_count];
            return;
        }
    }
}

static inline void drop(unsigned char *ptr)
{
    disown(ptr, true);
    free(ptr);
}

/// The program goes on: a few more blocks.
static inline void go_on(size_t size)
{
    host_moment(MOMENT_next);
    for (int i = 0; i < 3; i++) {
        take(size);
        take(1024);
    }
}

/// Much is allocated and freed, of that size and of others; in the end all is freed.
static inline void wind_up(size_t size)
{
    host_moment(MOMENT_reuse);
    for (size_t i = 0; i < (size > 4096 ? 40U : 300U); i++) {
        take(i % 3 == 0 ? 8 + i * 5 : size);
        if (i % 4 == 3) {
            drop(owned[i * 7 % owned_count].ptr);
        }
    }
    host_moment(MOMENT_end);
    while (owned_count > 0) {
        drop(owned[owned_count - 1].ptr);
    }
    segfit_malloc_flush();
    take(size);
}

#endif
