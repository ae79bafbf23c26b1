// SPDX-License-Identifier: MIT
/// What the shared library for LD_PRELOAD has beside malloc.c: it says what is wrong before it ends a
/// program that was not written for it. Elsewhere this file is empty.
#if defined(SEGFIT_MALLOC_PRELOAD)

#include "../include/segfit.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *fault_text(segfit_fault_code_t code)
{
    switch (code) {
    case SEGFIT_OUTSIDE:
        return "did not come from malloc";
    case SEGFIT_MISALIGNED:
        return "is not aligned as it should be";
    case SEGFIT_FREED:
        return "was freed before";
    case SEGFIT_NOT_A_BLOCK:
        return "is no block, or what lies before it was overwritten";
    case SEGFIT_NEIGHBOUR:
        return "has a damaged neighbour: something wrote beyond its block";
    default:
        return "is wrong";
    }
}

void segfit_panic(segfit_fault_code_t code, const segfit_t *heap, const void *ptr)
{
    char digits[2 * sizeof ptr + 1] = "";
    const char *const parts[] = {"segfit: a pointer that was given to free or realloc, 0x", digits,
                                 ", ", fault_text(code), "\n"};
    (void)heap;
    // write is a cancellation point: a thread that ends here would leave the program running.
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    for (size_t i = 0; i < 2 * sizeof ptr; i++) {
        const unsigned shift = (unsigned)(4 * (2 * sizeof ptr - 1 - i));
        digits[i] = "0123456789abcdef"[(uintptr_t)ptr >> shift & 15U];
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *text = parts[i];
        while (*text != '\0') {
            const ssize_t written = write(STDERR_FILENO, text, strlen(text));
            if (written < 0 && errno != EINTR) {
                break;
            }
            text += written > 0 ? written : 0;
        }
    }
    abort();
}

#endif
