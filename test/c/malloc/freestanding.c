// SPDX-License-Identifier: MIT
/// A program without a C library, compiled without -ffreestanding: compilers turn its loops into
/// calls of memset, memcpy and memmove of.
#include <segfit/malloc.h>
#include <segfit/malloc_family.h>

#define EXPORT(name) __attribute__((export_name(#name), visibility("default")))

enum {
    COUNT = 300,
    LARGE = 3000000,
};

typedef struct record {
    unsigned char bytes[200];
} record_t;

static size_t used(void)
{
    segfit_stats_t stats;
    segfit_malloc_stats(&stats);
    return stats.used;
}

#if defined(__cplusplus)
extern "C" int run(void);
#endif

/// The number of the first check that fails, or 0.
EXPORT(run) int run(void)
{
    record_t **const records = (record_t **)calloc(COUNT, sizeof(record_t *));
    if (records == NULL || used() < COUNT * sizeof(record_t *)) {
        return 1;
    }
    for (size_t i = 0; i < COUNT; i++) {
        record_t *const record = (record_t *)malloc(sizeof(record_t));
        if (record == NULL || records[i] != NULL) {
            return 2;
        }
        for (size_t at = 0; at < sizeof(record->bytes); at++) {
            record->bytes[at] = (unsigned char)i;
        }
        records[i] = record;
    }
    for (size_t i = 1; i < COUNT; i++) {
        *records[0] = *records[i];
        if (records[0]->bytes[199] != (unsigned char)i) {
            return 3;
        }
    }
    unsigned char *large = (unsigned char *)malloc(LARGE);
    if (large == NULL) {
        return 4;
    }
    for (size_t at = 0; at < LARGE; at++) {
        large[at] = 7;
    }
    large = (unsigned char *)realloc(large, 2 * LARGE);
    if (large == NULL || large[LARGE - 1] != 7 || used() < 2 * LARGE) {
        return 5;
    }
    void *const aligned = aligned_alloc(4096, 5000);
    if (aligned == NULL || (uintptr_t)aligned % 4096 != 0) {
        return 6;
    }
    if (reallocarray(NULL, SIZE_MAX / 2, 3) != NULL) {
        return 7;
    }
    free(aligned);
    free(large);
    for (size_t i = 0; i < COUNT; i++) {
        free(records[i]);
    }
    free(records);
    if (used() != 0) {
        return 8;
    }
    return segfit_malloc_check(NULL) ? 0 : 9;
}
