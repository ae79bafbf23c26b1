// SPDX-License-Identifier: MIT
/// Crimes: mistakes that must trap. A file of this folder defines one, CRIME(free_twice), and crimes.c runs
/// the one that its argument names. A crime announces itself, commits the mistake, and says so if it
/// survives. must_trap.cmake is the judge.
#ifndef SEGFIT_TEST_CRIME_H
#define SEGFIT_TEST_CRIME_H

#include "segfit.h"

#include <stdio.h>
#include <string.h>

/// A crime and, once it is registered, the next one.
typedef struct crime_case {
    const char *name;
    void (*commit)(void);
    struct crime_case *next;
} crime_case;

/// Adds a crime to those that crimes.c can run.
void crime_register(crime_case *crime);

/// Defines a crime. Its body ends in COMMIT.
#define CRIME(crime)                                                             \
    static void crime_commit_##crime(void);                                      \
    static crime_case crime_case_##crime = {#crime, crime_commit_##crime, NULL}; \
    __attribute__((constructor)) static void crime_register_##crime(void)        \
    {                                                                            \
        crime_register(&crime_case_##crime);                                     \
    }                                                                            \
    static void crime_commit_##crime(void)

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

/// Commits the crime. It is the last statement of its function.
#define COMMIT(crime)         \
    do {                      \
        puts("committing");   \
        (void)fflush(stdout); \
        crime;                \
        puts("survived");     \
    } while (0)

#endif
