// SPDX-License-Identifier: MIT
/// The functions that compilers call on their own, for wasm programs without a C library.
///
/// A part of malloc.c. A loop that clears an array becomes a call of memset, an assignment of a
/// structure one of memcpy, and no library is there to have them. All are weak: a program's own win.
#ifndef SEGFIT_OS_LIBCALLS_H
#define SEGFIT_OS_LIBCALLS_H

#include "os.h"

#include <stddef.h>

#if defined(__wasm__) && !SEGFIT_OS_HOSTED
#define OS_LIBCALL __attribute__((weak, visibility("default")))

void *memset(void *to, int value, size_t size);
void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
int memcmp(const void *left, const void *right, size_t size);

OS_LIBCALL void *memset(void *to, int value, size_t size)
{
    return __builtin_memset(to, value, size);
}

OS_LIBCALL void *memcpy(void *to, const void *from, size_t size)
{
    return __builtin_memcpy(to, from, size);
}

OS_LIBCALL void *memmove(void *to, const void *from, size_t size)
{
    return __builtin_memmove(to, from, size);
}

OS_LIBCALL int memcmp(const void *left, const void *right, size_t size)
{
    const unsigned char *const a = (const unsigned char *)left;
    const unsigned char *const b = (const unsigned char *)right;
    size_t at = 0;
    while (at < size && a[at] == b[at]) {
        at++;
    }
    return at == size ? 0 : a[at] - b[at];
}
#endif

#endif
