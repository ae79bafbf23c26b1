// SPDX-License-Identifier: MIT
/// What the programs in this folder share. Each commits one crime and must trap in it: it announces the
/// crime, commits it, and says so if it survives. must_trap.cmake is the judge.
#ifndef SEGFIT_TEST_CRIME_H
#define SEGFIT_TEST_CRIME_H

#include "segfit.h"

#include <stdio.h>
#include <string.h>

static union {
    max_align_t align;
    unsigned char bytes[16384];
} crime_memory;

/// A heap for the crime, without memory that could make it look right by chance.
static inline segfit_t *crime_heap(void)
{
    return segfit_init(crime_memory.bytes, sizeof crime_memory.bytes, NULL);
}

/// A block of zeros.
static inline unsigned char *crime_block(segfit_t *heap, size_t size)
{
    unsigned char *const block = segfit_alloc(heap, size);
    memset(block, 0, size);
    return block;
}

/// Commits the crime. Ends the program's main.
#define COMMIT(crime)         \
    do {                      \
        puts("committing");   \
        (void)fflush(stdout); \
        crime;                \
        puts("survived");     \
        return 0;             \
    } while (0)

#endif
