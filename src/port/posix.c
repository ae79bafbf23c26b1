// SPDX-License-Identifier: MIT
/// The port to POSIX systems: maps memory step by step, each step behind the last one, so that the
/// heap stays one pool.
///
/// It reserves nothing. A reservation of addresses, even without memory, counts against RLIMIT_AS,
/// and mlockall would have to lock it. Instead it maps the first step at the low end of a gap of
/// free addresses, and the heap grows into that gap as long as nobody else maps memory there.
/// Systems hand out addresses from the gap's far end first, so the two meet late. If the address of
/// a step is taken, the step begins another pool in another gap.
#include "port.h"

#if SEGFIT_PORT_POSIX && defined(SEGFIT_MALLOC_UNIT)

#include "../../include/segfit/growable.h"

#include <errno.h>
#include <sys/mman.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

/// Linux: mmap takes this very address or fails. Elsewhere, and on Linux before 4.17, the address
/// is a hint.
#if defined(MAP_FIXED_NOREPLACE)
#define PORT_MAP_HERE MAP_FIXED_NOREPLACE
#else
#define PORT_MAP_HERE 0
#endif

enum {
    /// Memory is mapped in multiples of this.
    PORT_STEP = 1 << 18,
    /// If the system refuses that, memory is mapped in multiples of this, which is a multiple of
    /// every page size in use.
    PORT_SMALL_STEP = 1 << 16,
    /// log2 of how much smaller the next gap is if the system refuses one.
    PORT_GAP_SHIFT = 2,
};

/// Returns `size` rounded up to whole steps; 0 if that overflows.
static size_t port_steps(size_t size, size_t step)
{
    const size_t rounded = (size + (step - 1U)) & ~(step - 1U);
    return rounded < size ? 0 : rounded;
}

/// Unmaps addresses. Bypasses the C library on Linux: ThreadSanitizer wraps munmap, and calls
/// malloc before the wrapper is ready.
static void port_unmap(void *memory, size_t size)
{
#if defined(__linux__)
    (void)syscall(SYS_munmap, memory, size);
#else
    (void)munmap(memory, size);
#endif
}

/// Maps `size` bytes at `at` and returns true, or maps nothing.
static bool port_map_at(void *at, size_t size)
{
    void *const memory =
        mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | PORT_MAP_HERE, -1, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    if (memory != at) {
        port_unmap(memory, size);
        return false;
    }
    return true;
}

/// Maps `size` bytes at the low end of a gap of free addresses. To find one, maps up to
/// SEGFIT_MALLOC_RESERVE without access, and unmaps all but `size` bytes. Returns NULL if there is
/// no memory.
static char *port_map_in_gap(size_t size)
{
    size_t gap = SEGFIT_MALLOC_RESERVE;
    while (gap > size) {
        char *const memory = (char *)mmap(NULL, gap, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory != MAP_FAILED) {
            const bool usable = mprotect(memory, size, PROT_READ | PROT_WRITE) == 0;
            const size_t kept = usable ? size : 0;
            port_unmap(memory + kept, gap - kept);
            return usable ? memory : NULL;
        }
        gap >>= PORT_GAP_SHIFT;
    }
    char *const memory =
        (char *)mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static size_t port_extend(void *context, void *end, size_t min_size)
{
    const int saved = errno;
    (void)context;
    size_t size = port_steps(min_size, PORT_STEP);
    if (size != 0 && !port_map_at(end, size)) {
        size = port_steps(min_size, PORT_SMALL_STEP);
        size = port_map_at(end, size) ? size : 0;
    }
    errno = saved;
    return size;
}

static void *port_grow(void *context, size_t min_size, size_t *size)
{
    const int saved = errno;
    (void)context;
    *size = port_steps(min_size, PORT_STEP);
    char *memory = *size == 0 ? NULL : port_map_in_gap(*size);
    if (memory == NULL && *size != 0) {
        *size = port_steps(min_size, PORT_SMALL_STEP);
        memory = port_map_in_gap(*size);
    }
    errno = saved;
    return memory;
}

static const segfit_source_t port_source = {
    .grow = port_grow,
    .extend = port_extend,
    .growth_shift = SEGFIT_MALLOC_GROWTH_SHIFT,
    .zeroed = true,
};

#endif
