// SPDX-License-Identifier: MIT
/// What stands between a header's value and the word in memory.
///
/// Below level 3 nothing: they are the same. From level 3 on
///
///     word = value · F  ^  (address + key)
///
/// with an odd constant F, so that each value has one word and each word one value. A word that was changed is
/// a value far away: F is chosen so that one bit, or two, or any one byte of the word changes the value by more
/// than any size of a block (KEY_BIT_DISTANCE, KEY_BYTE_DISTANCE; test/c/unit/test_key.c tries them all).
/// Such arithmetic codes are old (Brown, "Error detecting and correcting binary codes for arithmetic
/// operations", 1960). The address makes a word that is copied elsewhere another value, and the key one that
/// was made up.
///
/// In wasm the key is a global, which lies outside linear memory: no load or store reaches it. It belongs to
/// the instance then, so that a malloc with threads, each of which is one, keeps it in memory.
#ifndef SEGFIT_KEY_H
#define SEGFIT_KEY_H

#include "compiler.h"
#include "link.h"

#if SEGFIT_CHECK >= 3

#if UINTPTR_MAX > 0xFFFFFFFFU
#define KEY_FACTOR 0xD8A082093EB4A777U
#define KEY_INVERSE 0x64394AB171066247U
/// By how much the value changes at least if one bit of the word does.
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
/// The global's name, with the settings that all objects of a library share. A malloc's key is another than
/// that of a library beside it.
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
