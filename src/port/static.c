// SPDX-License-Identifier: MIT
/// The port to no system at all: one static array, given once.
#include "port.h"

#if SEGFIT_OS_STATIC && defined(SEGFIT_MALLOC_UNIT)

#include "../../include/segfit/growable.h"

static unsigned char os_memory[SEGFIT_MALLOC_STATIC_SIZE] __attribute__((aligned(SEGFIT_ALIGN)));
static bool os_memory_taken;

static void *os_grow(void *context, size_t min_size, size_t *size)
{
    (void)context;
    if (os_memory_taken) {
        return NULL;
    }
    // Given whole even if it is too small for this request: others will fit.
    (void)min_size;
    os_memory_taken = true;
    *size = sizeof os_memory;
    return os_memory;
}

static const segfit_source_t os_source = {
    .grow = os_grow,
    .zeroed = true,
};

#endif
