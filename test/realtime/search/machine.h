// SPDX-License-Identifier: MIT
/// A machine as the counting needs it: it counts executed instructions, and prints figures.
#ifndef SEGFIT_REALTIME_MACHINE_H
#define SEGFIT_REALTIME_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Begins to count. Between the two only the call that is counted stands.
static inline uint32_t machine_begin(void);

/// The instructions since `begin`, and always the same number more.
static inline uint32_t machine_end(uint32_t begin);

/// Prints a line: a name, a space, a number.
void machine_print(const char *name, uint32_t number);

/// The rounds of searching that the program was asked for, and its seed.
uint32_t machine_rounds(void);
uint32_t machine_seed(void);

#endif
