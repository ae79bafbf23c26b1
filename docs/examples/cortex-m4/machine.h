// SPDX-License-Identifier: MIT
/// The services of the machine, through the debugger (semihosting): QEMU or a probe.
#ifndef EXAMPLE_MACHINE_H
#define EXAMPLE_MACHINE_H

#include <stdbool.h>

void machine_print(const char *text);
void machine_exit(bool fine);
int main(void);

#endif
