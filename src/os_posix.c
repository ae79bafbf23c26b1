// SPDX-License-Identifier: MIT
/// The port to POSIX systems: address space is reserved in one piece and made usable step by step,
/// so that the heap stays one pool.
#include "os.h"

#if SEGFIT_OS_POSIX && defined(SEGFIT_MALLOC_UNIT)

#include "../include/segfit/growable.h"

#include <sys/mman.h>

#if !defined(MAP_NORESERVE)
#define MAP_NORESERVE 0
#endif

enum {
    /// What is made usable at a time: a multiple of every page size in use.
    OS_STEP = 1 << 18,
};

/// What is left of the last reservation, not yet usable.
static char *os_left;
static size_t os_left_size;

/// `size` rounded up to whole steps; 0 if that overflows.
static size_t os_steps(size_t size)
{
    const size_t rounded = (size + (OS_STEP - 1U)) & ~(size_t)(OS_STEP - 1U);
    return rounded < size ? 0 : rounded;
}

static bool os_reserve(size_t size)
{
    void *const memory =
        mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    os_left = (char *)memory;
    os_left_size = size;
    return true;
}

/// Makes the next `size` bytes of the reservation usable.
static bool os_commit(size_t size)
{
    if (size > os_left_size || mprotect(os_left, size, PROT_READ | PROT_WRITE) != 0) {
        return false;
    }
    os_left += size;
    os_left_size -= size;
    return true;
}

static size_t os_extend(void *context, void *end, size_t min_size)
{
    (void)context;
    const size_t size = os_steps(min_size);
    return end == os_left && size != 0 && os_commit(size) ? size : 0;
}

static void *os_grow(void *context, size_t min_size, size_t *size)
{
    (void)context;
    *size = os_steps(min_size);
    if (*size == 0) {
        return NULL;
    }
    // What is left of the last reservation was too small; it stays reserved and unused.
    const bool reserved = *size <= os_left_size ||
                          (*size <= SEGFIT_MALLOC_RESERVE && os_reserve(SEGFIT_MALLOC_RESERVE)) ||
                          os_reserve(*size);
    char *const memory = os_left;
    return reserved && os_commit(*size) ? memory : NULL;
}

static const segfit_source_t os_source = {
    .grow = os_grow,
    .extend = os_extend,
    .growth_shift = SEGFIT_MALLOC_GROWTH_SHIFT,
    .zeroed = true,
};

#endif
