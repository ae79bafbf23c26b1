// SPDX-License-Identifier: MIT
/// Start-up of the counting program on a bare Cortex-M4, and what it lacks of a C library.
#include "cortex_m4.h"
#include "search.h"

extern char stack_top[];
extern char bss_begin[];
extern char bss_end[];
void reset(void);
void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);

__attribute__((section(".vectors"), used)) static void *const vectors[] = {stack_top,
                                                                           (void *)reset};

#define SYSTICK_CONTROL (*(volatile uint32_t *)0xE000E010U)
#define SYSTICK_RELOAD (*(volatile uint32_t *)0xE000E014U)

enum {
    SEMIHOSTING_WRITE = 0x04,
    SEMIHOSTING_EXIT = 0x18,
    EXIT_NORMAL = 0x20026,
    EXIT_ERROR = 0x20024
};

void *memcpy(void *to, const void *from, size_t size)
{
    return memmove(to, from, size);
}

void *memmove(void *to, const void *from, size_t size)
{
    volatile char *const out = to;
    const char *const in = from;
    for (size_t i = 0; i < size; i++) {
        const size_t at = (uintptr_t)to < (uintptr_t)from ? i : size - 1U - i;
        out[at] = in[at];
    }
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((volatile char *)to)[i] = (char)byte;
    }
    return to;
}

// The names that clang calls.
void __aeabi_memcpy(void *to, const void *from, size_t size);
void __aeabi_memmove(void *to, const void *from, size_t size);
void __aeabi_memset(void *to, size_t size, int byte);
void __aeabi_memclr(void *to, size_t size);
void __aeabi_memcpy4(void *to, const void *from, size_t size)
    __attribute__((alias("__aeabi_memcpy")));
void __aeabi_memclr4(void *to, size_t size) __attribute__((alias("__aeabi_memclr")));

void __aeabi_memcpy(void *to, const void *from, size_t size)
{
    memmove(to, from, size);
}

void __aeabi_memmove(void *to, const void *from, size_t size)
{
    memmove(to, from, size);
}

void __aeabi_memset(void *to, size_t size, int byte)
{
    memset(to, byte, size);
}

void __aeabi_memclr(void *to, size_t size)
{
    memset(to, 0, size);
}

static void semihosting(uint32_t operation, uintptr_t argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register uintptr_t r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void machine_print(const char *name, uint32_t number)
{
    char line[64];
    char digits[10];
    size_t length = 0;
    size_t count = 0;
    for (; name[length] != '\0'; length++) {
        line[length] = name[length];
    }
    line[length++] = ' ';
    do {
        digits[count++] = (char)('0' + number % 10U);
        number /= 10U;
    } while (number != 0);
    while (count != 0) {
        line[length++] = digits[--count];
    }
    line[length++] = '\n';
    line[length] = '\0';
    semihosting(SEMIHOSTING_WRITE, (uintptr_t)line);
}

uint32_t machine_rounds(void)
{
    return ROUNDS;
}

uint32_t machine_seed(void)
{
    return SEED;
}

static char memory[96000] __attribute__((aligned(8)));

void reset(void)
{
    memset(bss_begin, 0, (size_t)(bss_end - bss_begin));
    SYSTICK_RELOAD = 0xFFFFFF;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = 5;
    static const size_t sizes[] = {8192, sizeof memory};
    bool sound = true;
    for (unsigned i = 0; i < 2; i++) {
        machine_print("heap", sizes[i]);
        sound = search_heap(memory, sizes[i], 0) && sound;
    }
    semihosting(SEMIHOSTING_EXIT, sound ? EXIT_NORMAL : EXIT_ERROR);
    for (;;) {
    }
}
