// SPDX-License-Identifier: MIT
/// Calls back at the end of a thread, and around forks.
#ifndef SEGFIT_PORT_THREADS_H
#define SEGFIT_PORT_THREADS_H

#include "port.h"

#include "sanitizers.h"

#include <stdbool.h>

#if SEGFIT_THREADS
/// 1 where the C library calls back at a thread's end: with POSIX threads. Emscripten's Wasm
/// Workers and a program's own workers do not.
#if !defined(__wasm__) || \
    (SEGFIT_PORT_HOSTED && (defined(_REENTRANT) || defined(__EMSCRIPTEN_PTHREADS__)))
#define PORT_PTHREADS 1
#if defined(__wasi__)
// wasi-libc has pthread.h only beside the library for threads, and may be installed without it.
typedef unsigned pthread_key_t;
int pthread_key_create(pthread_key_t *key, void (*ended)(void *value));
int pthread_setspecific(pthread_key_t key, const void *value);
#else
#include <pthread.h>
#endif
#else
#define PORT_PTHREADS 0
#endif

#if SEGFIT_PORT_POSIX || (SEGFIT_NAMES_POSIX && SEGFIT_PORT_STATIC)
#define PORT_FORKS 1
#else
#define PORT_FORKS 0
#endif

#if defined(SEGFIT_MALLOC_PRELOAD)
/// In tools/preload.c: reads SEGFIT_OPTIONS before malloc returns the first block.
__attribute__((visibility("hidden"))) void segfit__preload_begin(void);
#endif

#if PORT_PTHREADS
enum {
    PORT_UNPREPARED,
    PORT_PREPARING,
    PORT_PREPARED,
    /// The system has no key left, so no thread can be heard to end.
    PORT_REFUSED,
};

static int port_state;
static pthread_key_t port_key;

#if defined(__EMSCRIPTEN__)
int gettid(void);

/// Returns true if the C library knows the calling thread. It knows no worklet, no thread that has
/// ended, and not the main thread before that has an identity: until then the C library's locks do
/// not lock but unlock.
static inline bool port_is_thread(void)
{
    return pthread_self() != 0 && gettid() != 0;
}
#else
static inline bool port_is_thread(void)
{
    return true;
}
#endif

/// Prepares the process for threads, once. Not under a lock, since the C library may call malloc.
static SEGFIT_COLD void port_prepare(void (*thread_ended)(void *value), void (*before_fork)(void),
                                     void (*in_parent)(void), void (*in_child)(void))
{
    int state = PORT_UNPREPARED;
    if (!port_is_thread() ||
        !__atomic_compare_exchange_n(&port_state, &state, PORT_PREPARING, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED)) {
        return;
    }
    port_warn_of_sanitizer();
    const bool made = pthread_key_create(&port_key, thread_ended) == 0;
#if PORT_FORKS
    (void)pthread_atfork(before_fork, in_parent, in_child);
#else
    (void)before_fork;
    (void)in_parent;
    (void)in_child;
#endif
    __atomic_store_n(&port_state, made ? PORT_PREPARED : PORT_REFUSED, __ATOMIC_RELEASE);
#if defined(SEGFIT_MALLOC_PRELOAD)
    segfit__preload_begin();
#endif
}

// In an object for a shared library, which dlclose can unload: a thread that ends after that must
// not call back.
#if !defined(__wasm__) && defined(__PIC__) && !defined(__PIE__)
__attribute__((destructor)) static void port_unload(void)
{
    int state = PORT_PREPARED;
    if (__atomic_compare_exchange_n(&port_state, &state, PORT_REFUSED, false, __ATOMIC_RELAXED,
                                    __ATOMIC_RELAXED)) {
        (void)pthread_key_delete(port_key);
    }
}
#endif

static inline bool port_is_prepared(void)
{
    return __atomic_load_n(&port_state, __ATOMIC_RELAXED) != PORT_UNPREPARED;
}

/// Returns true if the calling thread can call port_thread_begin. `ended`: the thread words are
/// those of a thread whose end was reported.
static inline bool port_thread_may_begin(bool ended)
{
    if (__atomic_load_n(&port_state, __ATOMIC_ACQUIRE) != PORT_PREPARED) {
        return false;
    }
#if defined(__EMSCRIPTEN__)
    // A worker runs one thread after another, so `ended` may mean an earlier thread. Whether this
    // thread has begun to end, its cancellation state shows: from then on it cannot be cancelled.
    (void)ended;
    int state = PTHREAD_CANCEL_DISABLE;
    if (port_is_thread()) {
        (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
        (void)pthread_setcancelstate(state, NULL);
    }
    return state == PTHREAD_CANCEL_ENABLE;
#else
    return !ended;
#endif
}

/// Returns true if the callback of port_prepare will run at the thread's end. The C library may
/// call malloc.
static inline bool port_thread_begin(void)
{
    return pthread_setspecific(port_key, &port_key) == 0;
}
#else
static inline void port_prepare(void (*thread_ended)(void *value), void (*before_fork)(void),
                                void (*in_parent)(void), void (*in_child)(void))
{
    (void)thread_ended;
    (void)before_fork;
    (void)in_parent;
    (void)in_child;
}

static inline bool port_is_prepared(void)
{
    return true;
}

static inline bool port_thread_may_begin(bool ended)
{
    return !ended;
}

static inline bool port_thread_begin(void)
{
    return true;
}
#endif
#endif

#endif
