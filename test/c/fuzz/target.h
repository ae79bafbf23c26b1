// SPDX-License-Identifier: MIT
/// A fuzz target is one function that takes any bytes. libFuzzer calls it, or replay.c.
#ifndef SEGFIT_TEST_FUZZ_TARGET_H
#define SEGFIT_TEST_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/// Says what is wrong and ends the program, as fuzzers expect it.
static inline void target_fail(const char *wrong)
{
    (void)fflush(stdout);
    (void)fprintf(stderr, "%s\n", wrong);
    abort();
}

#endif
