// SPDX-License-Identifier: MIT
/// The port to threads: what each of them has of its own, how its end is heard of, whether it may wait.
///
/// What a thread has of its own is not thread-local storage in wasm, but a global of its instance: the
/// C libraries there ask malloc for the memory of that storage before it is there, and free it before
/// the thread has freed all else.
#ifndef SEGFIT_PORT_THREADS_H
#define SEGFIT_PORT_THREADS_H

#include "port.h"

#include "calls.h"
#include "sanitizers.h"

#if SEGFIT_THREADS && defined(SEGFIT_MALLOC_UNIT)

/// With POSIX threads, a thread's end is heard of. Without (Emscripten's Wasm Workers, workers of one's
/// own) it is not.
#if !defined(__wasm__) || \
    (SEGFIT_OS_HOSTED && (defined(_REENTRANT) || defined(__EMSCRIPTEN_PTHREADS__)))
#define OS_PTHREADS 1
#if defined(__wasi__)
// wasi-libc has pthread.h only beside the library for threads, and may be installed without it.
typedef unsigned pthread_key_t;
int pthread_key_create(pthread_key_t *key, void (*ended)(void *value));
int pthread_setspecific(pthread_key_t key, const void *value);
#else
#include <pthread.h>
#endif
#else
#define OS_PTHREADS 0
#endif

#if SEGFIT_OS_POSIX || (SEGFIT_NAMES_POSIX && SEGFIT_OS_STATIC)
#define OS_FORKS 1
#else
#define OS_FORKS 0
#endif

#if defined(SEGFIT_MALLOC_PRELOAD)
/// preload.c: reads SEGFIT_OPTIONS, before the first block is given out.
__attribute__((visibility("hidden"))) void segfit__preload_begin(void);
#endif

// ------------------------------------------------------------------------------- words of its own

#if defined(__wasm__)
#if defined(__wasm64__)
#define OS_WORD_TYPE "i64"
#else
#define OS_WORD_TYPE "i32"
#endif

/// os_NAME() and os_set_NAME(): a word of the thread's own, 0 at first.
#define OS_THREAD_WORD(name)                                                             \
    __asm__(".globaltype segfit_" #name ", " OS_WORD_TYPE "\nsegfit_" #name ":\n");   \
    static SEGFIT_ALWAYS_INLINE uintptr_t os_##name(void)                             \
    {                                                                                 \
        uintptr_t word;                                                               \
        __asm__ volatile("global.get segfit_" #name "\n\tlocal.set %0" : "=r"(word)); \
        return word;                                                                  \
    }                                                                                 \
    static SEGFIT_ALWAYS_INLINE void os_set_##name(uintptr_t word)                    \
    {                                                                                 \
        __asm__ volatile("local.get %0\n\tglobal.set segfit_" #name ::"r"(word));     \
    }
#else
/// As above. Initial-exec: reading it calls nothing, also in a library that is loaded before the program.
#define OS_THREAD_WORD(name)                                                                     \
    static _Thread_local uintptr_t os_word_##name __attribute__((tls_model("initial-exec"))); \
    static SEGFIT_ALWAYS_INLINE uintptr_t os_##name(void)                                     \
    {                                                                                         \
        return os_word_##name;                                                                \
    }                                                                                         \
    static SEGFIT_ALWAYS_INLINE void os_set_##name(uintptr_t word)                            \
    {                                                                                         \
        os_word_##name = word;                                                                \
    }
#endif

// ------------------------------------------------------------------------------- beginning and end

#if OS_PTHREADS
enum {
    OS_UNPREPARED,
    OS_PREPARING,
    OS_PREPARED,
    /// There is no key left: no thread can have what is to be given back at its end.
    OS_REFUSED,
};

static int os_state;
static pthread_key_t os_key;

#if defined(__EMSCRIPTEN__)
int gettid(void);

/// True if the calling thread is one that the C library knows: no worklet, nor a thread that is gone; nor
/// the main thread before it has an identity, when the C library's locks do not lock yet but unlock.
static inline bool os_is_thread(void)
{
    return pthread_self() != 0 && gettid() != 0;
}
#else
static inline bool os_is_thread(void)
{
    return true;
}
#endif

/// Has the process ready for threads. Once; not under a lock, since the C library may call malloc.
static SEGFIT_COLD void os_prepare(void (*thread_ended)(void *value), void (*before_fork)(void),
                                   void (*in_parent)(void), void (*in_child)(void))
{
    int state = OS_UNPREPARED;
    if (!os_is_thread() || !__atomic_compare_exchange_n(&os_state, &state, OS_PREPARING, false,
                                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        return;
    }
    os_warn_of_sanitizer();
    const bool made = pthread_key_create(&os_key, thread_ended) == 0;
#if OS_FORKS
    (void)pthread_atfork(before_fork, in_parent, in_child);
#else
    (void)before_fork;
    (void)in_parent;
    (void)in_child;
#endif
    __atomic_store_n(&os_state, made ? OS_PREPARED : OS_REFUSED, __ATOMIC_RELEASE);
#if defined(SEGFIT_MALLOC_PRELOAD)
    segfit__preload_begin();
#endif
}

// An object for a shared library, which dlclose can take away: a thread that ends afterwards must not call it.
#if !defined(__wasm__) && defined(__PIC__) && !defined(__PIE__)
__attribute__((destructor)) static void os_unload(void)
{
    int state = OS_PREPARED;
    if (__atomic_compare_exchange_n(&os_state, &state, OS_REFUSED, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED)) {
        (void)pthread_key_delete(os_key);
    }
}
#endif

static inline bool os_is_prepared(void)
{
    return __atomic_load_n(&os_state, __ATOMIC_RELAXED) != OS_UNPREPARED;
}

/// True if the thread may have something that is to be given back at its end. `ended`: process_end_thread
/// was called where os_NAME() are what they are now.
static inline bool os_thread_may_begin(bool ended)
{
    if (__atomic_load_n(&os_state, __ATOMIC_ACQUIRE) != OS_PREPARED) {
        return false;
    }
#if defined(__EMSCRIPTEN__)
    // That something ended here does not say that this thread did: a worker runs one after another. Nor
    // does it say that it has not begun to end; but then it cannot be cancelled.
    (void)ended;
    int state = PTHREAD_CANCEL_DISABLE;
    if (os_is_thread()) {
        (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
        (void)pthread_setcancelstate(state, NULL);
    }
    return state == PTHREAD_CANCEL_ENABLE;
#else
    return !ended;
#endif
}

/// From here on process_end_thread will be called at the thread's end. The C library may call malloc.
static inline bool os_thread_begin(void)
{
    return pthread_setspecific(os_key, &os_key) == 0;
}
#else
static inline void os_prepare(void (*thread_ended)(void *value), void (*before_fork)(void),
                              void (*in_parent)(void), void (*in_child)(void))
{
    (void)thread_ended;
    (void)before_fork;
    (void)in_parent;
    (void)in_child;
}

static inline bool os_is_prepared(void)
{
    return true;
}

static inline bool os_thread_may_begin(bool ended)
{
    return !ended;
}

static inline bool os_thread_begin(void)
{
    return true;
}
#endif

// ----------------------------------------------------------------------------------------- memory

#if defined(__wasm__)
/// How far up the thread is known to see memory.
OS_THREAD_WORD(reached)

/// Sees to it that the thread can use memory up to `high`, which another may have grown. V8 traps a
/// memory.fill or memory.copy there, until the thread has itself executed memory.grow.
static SEGFIT_ALWAYS_INLINE void os_reach(uintptr_t high)
{
    if (SEGFIT_UNLIKELY(high > os_reached())) {
        (void)__builtin_wasm_memory_grow(0, 0);
        os_set_reached(high);
    }
}
#else
static inline void os_reach(uintptr_t high)
{
    (void)high;
}
#endif

// ---------------------------------------------------------------------------------------- waiting

#if defined(__EMSCRIPTEN__)
int _emscripten_thread_supports_atomics_wait(void);

#define SEGFIT_LOCK_MAY_WAIT() (_emscripten_thread_supports_atomics_wait() != 0)
#elif defined(__wasm__)
SEGFIT_HOOK_API SEGFIT_WEAK bool segfit_malloc_may_wait(void)
{
#if defined(__wasi__)
    // Its C library's own locks wait as well.
    return true;
#else
    return false;
#endif
}

#define SEGFIT_LOCK_MAY_WAIT() segfit_malloc_may_wait()
#endif

#endif

#endif
