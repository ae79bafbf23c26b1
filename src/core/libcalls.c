// SPDX-License-Identifier: MIT
/// The functions that compilers call on their own, for wasm programs without a C library; else empty.
///
/// A loop that clears an array becomes a call of memset, an assignment of a structure one of memcpy, and
/// no library is there to have them. All are weak: a program's own win. Each is an instruction, whatever
/// the rest is compiled for.
#include <stddef.h>

#if defined(__wasm__) && (!__STDC_HOSTED__ || (!defined(__wasi__) && !defined(__EMSCRIPTEN__)))
#define LIBCALL __attribute__((weak, visibility("default"), target("bulk-memory")))

void *memset(void *to, int value, size_t size);
void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
int memcmp(const void *left, const void *right, size_t size);

LIBCALL void *memset(void *to, int value, size_t size)
{
    return __builtin_memset(to, value, size);
}

LIBCALL void *memcpy(void *to, const void *from, size_t size)
{
    return __builtin_memcpy(to, from, size);
}

LIBCALL void *memmove(void *to, const void *from, size_t size)
{
    return __builtin_memmove(to, from, size);
}

LIBCALL int memcmp(const void *left, const void *right, size_t size)
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
