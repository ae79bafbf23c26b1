// SPDX-License-Identifier: MIT
/// The key: where it is stored, and how a program sets it.
#include "link.h"

#include "key.h"

#if SEGFIT_CHECK >= 3
#if defined(__wasm__) && !SEGFIT_THREADS
__asm__(".globl " KEY_GLOBAL "\n.hidden " KEY_GLOBAL "\n" KEY_GLOBAL ":\n");
#elif !defined(SEGFIT_MALLOC_UNIT)
size_t segfit__key;
#endif
#endif

SEGFIT_API void segfit_set_key(size_t key)
{
#if SEGFIT_CHECK >= 3
    key_set_secret(key);
#else
    (void)key;
#endif
}

// ----------------------------------------------------------------------------------------- names

SEGFIT_PUBLISH(segfit_set_key)
