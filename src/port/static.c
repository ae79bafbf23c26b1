// SPDX-License-Identifier: MIT
/// The port to no system at all: one static array, given once.
#include "port.h"

#if SEGFIT_PORT_STATIC && defined(SEGFIT_MALLOC_UNIT)

#include "../../include/segfit/growable.h"

static unsigned char port_memory[SEGFIT_MALLOC_STATIC_SIZE] __attribute__((aligned(SEGFIT_ALIGN)));
static bool port_memory_taken;

static void *port_grow(void *context, size_t min_size, size_t *size)
{
    (void)context;
    if (port_memory_taken) {
        return NULL;
    }
    // The array is given even if it is too small for this request: others will fit.
    (void)min_size;
    port_memory_taken = true;
    *size = sizeof port_memory;
    return port_memory;
}

static const segfit_source_t port_source = {
    .grow = port_grow,
    .zeroed = true,
};

#endif
