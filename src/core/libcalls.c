// SPDX-License-Identifier: MIT
/// The functions that compilers call of their own accord, for wasm programs without a C library.
/// Empty elsewhere.
///
/// A loop that clears an array becomes a call of memset, and an assignment of a structure becomes a
/// call of memcpy. All functions here are weak, so that those of a program win. Each is one
/// instruction, whatever the compiler targets otherwise.
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
