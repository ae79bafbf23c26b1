// SPDX-License-Identifier: MIT
/// The vectors, the start from reset to main, and three functions to which compilers add calls.
#include "machine.h"
#include <stddef.h>
#include <stdint.h>

extern unsigned char stack_top[], data_begin[], data_end[], data_source[], bss_begin[], bss_end[];

void reset(void);
void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);

static void fault(void)
{
    machine_exit(false);
}

typedef union vector {
    void *stack;
    void (*handler)(void);
} vector_t;

/// The initial stack, the reset handler, and the handlers of faults.
__attribute__((section(".vectors"), used)) static const vector_t vectors[] = {
    {.stack = stack_top}, {.handler = reset}, {.handler = fault}, {.handler = fault},
    {.handler = fault},   {.handler = fault}, {.handler = fault}};

void *memcpy(void *to, const void *from, size_t size)
{
    return memmove(to, from, size);
}

void *memmove(void *to, const void *from, size_t size)
{
    // Without volatile, the compiler replaces the loop by a call of memmove.
    volatile unsigned char *const out = to;
    const unsigned char *const in = from;
    for (size_t i = 0; i < size; i++) {
        const size_t at = (uintptr_t)to < (uintptr_t)from ? i : size - 1U - i;
        out[at] = in[at];
    }
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    volatile unsigned char *const out = to;
    for (size_t i = 0; i < size; i++) {
        out[i] = (unsigned char)byte;
    }
    return to;
}

static void semihosting(uint32_t operation, uintptr_t argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register uintptr_t r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void machine_print(const char *text)
{
    semihosting(0x04, (uintptr_t)text);
}

void machine_exit(bool fine)
{
    semihosting(0x18, fine ? 0x20026 : 0x20024);
    for (;;) {
    }
}

void reset(void)
{
    memcpy(data_begin, data_source, (size_t)(data_end - data_begin));
    memset(bss_begin, 0, (size_t)(bss_end - bss_begin));
    machine_exit(main() == 0);
}
