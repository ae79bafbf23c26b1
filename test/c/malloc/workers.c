// SPDX-License-Identifier: MIT
/// The work of the workers of test/programs/workers.mjs, each with an instance of its own over one
/// shared memory: no C library, no POSIX threads.
#include <segfit/malloc.h>

#define EXPORT(name) __attribute__((export_name(#name)))

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *ptr, size_t size);
void free(void *ptr);

enum {
    slots = 100,
    large = 100000,
};

/// A worker's stack, as the address of its end.
EXPORT(new_stack) char *new_stack(size_t size)
{
    char *const stack = malloc(size);
    return stack == NULL ? NULL : stack + size;
}

// -------------------------------------------------------------------------------- random programs

static uint32_t next(uint32_t *random)
{
    *random = *random * 1664525U + 1013904223U;
    return *random >> 8;
}

static uint32_t wrong_bytes(const unsigned char *bytes, size_t size, unsigned char value)
{
    uint32_t wrong = 0;
    for (size_t i = 0; i < size; i++) {
        wrong += bytes[i] != value;
    }
    return wrong;
}

/// Allocates, fills, compares and frees at random. Returns how many bytes were not what they should
/// be.
EXPORT(work) uint32_t work(uint32_t seed, int rounds)
{
    unsigned char *blocks[slots] = {NULL};
    size_t sizes[slots] = {0};
    uint32_t wrong = 0;
    for (int round = 0; round < rounds; round++) {
        const uint32_t slot = next(&seed) % slots;
        const size_t size = next(&seed) % (round % 50 == 0 ? 40000U : 300U);
        const unsigned char value = (unsigned char)slot;
        wrong += wrong_bytes(blocks[slot], sizes[slot], value);
        if (round % 5 == 0) {
            blocks[slot] = realloc(blocks[slot], size);
        } else {
            free(blocks[slot]);
            blocks[slot] = round % 5 == 1 ? calloc(1, size) : malloc(size);
            wrong += round % 5 == 1 ? wrong_bytes(blocks[slot], size, 0) : 0;
        }
        __builtin_memset(blocks[slot], value, size);
        sizes[slot] = size;
    }
    for (int slot = 0; slot < slots; slot++) {
        free(blocks[slot]);
    }
    segfit_malloc_flush();
    return wrong;
}

/// Blocks that are in use, and whether the heap is sound.
EXPORT(used) size_t used(void)
{
    segfit_stats_t stats;
    segfit_malloc_stats(&stats);
    return stats.used_blocks;
}

EXPORT(is_sound) bool is_sound(void)
{
    return segfit_malloc_check(NULL);
}

// ---------------------------------------------------------------------------------- the growth
// race

/// A message from one worker to another: its progress, and a block. V8 may let the other read this,
/// and yet trap its memory.fill in pages that were added before it was written.
static int grown;
static int filled;
static char *published;

/// Grows memory and lets the other know. `raw`: the other gets the block itself.
EXPORT(grow) void grow(int round, bool raw)
{
    published = malloc(large);
    if (!raw) {
        free(published);
    }
    __atomic_store_n(&grown, round, __ATOMIC_RELEASE);
}

EXPORT(wait_until_filled) void wait_until_filled(int round)
{
    while (__atomic_load_n(&filled, __ATOMIC_ACQUIRE) < round) {
    }
}

EXPORT(wait_and_fill) void wait_and_fill(int round, bool raw)
{
    while (__atomic_load_n(&grown, __ATOMIC_ACQUIRE) < round) {
    }
    char *const block = raw ? published : malloc(large);
    __builtin_memset(block, 7, large);
}

EXPORT(have_filled) void have_filled(int round)
{
    __atomic_store_n(&filled, round, __ATOMIC_RELEASE);
}
