// SPDX-License-Identifier: MIT
/// Encoded headers: how the value of a header becomes a word in memory.
///
/// Below level 3 the two are the same. At level 3 and above
///
///     word = value · F  ^  (address + key)
///
/// where F is an odd constant, so that each value has one word and each word one value. A changed
/// word decodes to a distant value: changing one bit, two bits, or the bits of one byte changes the
/// value by more than the size of any block (KEY_BIT_DISTANCE, KEY_BYTE_DISTANCE;
/// test/c/unit/test_key.c tries all). Arithmetic codes of this kind are old (Brown, "Error
/// detecting and correcting binary codes for arithmetic operations", 1960). The address changes the
/// value of a word that is copied elsewhere. The key changes the value of a word that is made up.
///
/// In wasm the key is a global. It lies outside linear memory, where no load or store reaches it,
/// and belongs to one instance. In a malloc with threads, each thread is an instance, so that the
/// key stays in memory.
#ifndef SEGFIT_KEY_H
#define SEGFIT_KEY_H

#include "compiler.h"
#include "link.h"

#if SEGFIT_CHECK >= 3

#if UINTPTR_MAX > 0xFFFFFFFFU
#define KEY_FACTOR 0xD8A082093EB4A777U
#define KEY_INVERSE 0x64394AB171066247U
/// How much the value changes at least if one bit of the word changes.
#define KEY_BIT_DISTANCE ((size_t)1 << 58)
/// The same for two bits, or any bits of one byte.
#define KEY_BYTE_DISTANCE ((size_t)1 << 54)
#else
#define KEY_FACTOR 0x54D92AD7U
#define KEY_INVERSE 0x851568E7U
#define KEY_BIT_DISTANCE ((size_t)162 << 20)
#define KEY_BYTE_DISTANCE ((size_t)14 << 20)
#endif

#if defined(__wasm__) && !SEGFIT_THREADS
#if defined(__wasm64__)
#define KEY_TYPE "i64"
#else
#define KEY_TYPE "i32"
#endif
/// The name of the global contains the settings that all objects of a library share. malloc and a
/// library beside it have different keys.
#if defined(SEGFIT_MALLOC_UNIT)
#define KEY_GLOBAL "segfit_key_of_malloc"
#else
#define KEY_GLOBAL SEGFIT_STRING(SEGFIT_SETTINGS_LONG(segfit__key))
#endif
__asm__(".globaltype " KEY_GLOBAL ", " KEY_TYPE "\n");

static SEGFIT_ALWAYS_INLINE size_t key_secret(void)
{
    size_t key;
    __asm__ volatile("global.get " KEY_GLOBAL "\n\tlocal.set %0" : "=r"(key));
    return key;
}

static inline void key_set_secret(size_t key)
{
    __asm__ volatile("local.get %0\n\tglobal.set " KEY_GLOBAL ::"r"(key));
}
#else
SEGFIT_INTERNAL size_t segfit__key;

static inline size_t key_secret(void)
{
    return segfit__key;
}

static inline void key_set_secret(size_t key)
{
    segfit__key = key;
}
#endif

static inline size_t key_encode(size_t value, uintptr_t address)
{
    return (value * KEY_FACTOR) ^ (address + key_secret());
}

static inline size_t key_decode(size_t word, uintptr_t address)
{
    return (word ^ (address + key_secret())) * KEY_INVERSE;
}

#else

#define KEY_INVERSE 0U

static inline size_t key_encode(size_t value, uintptr_t address)
{
    (void)address;
    return value;
}

static inline size_t key_decode(size_t word, uintptr_t address)
{
    (void)address;
    return word;
}

#endif

#endif
