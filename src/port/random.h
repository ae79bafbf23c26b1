// SPDX-License-Identifier: MIT
/// The system's random numbers.
#ifndef SEGFIT_PORT_RANDOM_H
#define SEGFIT_PORT_RANDOM_H

#include "port.h"

#if SEGFIT_PORT_HOSTED
#include <unistd.h>
#endif
#if defined(__APPLE__)
#include <sys/random.h>
#endif

/// Returns a random word; 0 if the system has none.
static inline size_t port_random(void)
{
    size_t word = 0;
#if SEGFIT_PORT_HOSTED
    if (getentropy(&word, sizeof word) != 0) {
        word = 0;
    }
#endif
    return word;
}

#endif
