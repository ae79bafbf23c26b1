// SPDX-License-Identifier: MIT
/// A lock of one word, for memory that several threads or workers share.
///
/// Memory of zeros is a lock that nobody holds. It needs no set-up and no end, and may lie in
/// memory that a program maps or a JavaScript host shares. Three states let the releasing thread
/// know whether another sleeps, so that an uncontended lock takes two atomic operations and no
/// call:
///
///     0 free ──acquire──▶ 1 held ──somebody waits──▶ 2 held, and there may be sleepers
///       ▲                    │ release                   │ release, and wake one
///       └────────────────────┴───────────────────────────┘
///
/// A waiter sleeps if its thread may: natively by futex on Linux, in wasm by memory.atomic.wait32.
/// That instruction traps on a browser's main thread and in an AudioWorklet, and no code can catch
/// the trap. So a file that includes this one for wasm defines SEGFIT_LOCK_MAY_WAIT(), which says
/// whether the calling thread may sleep; if not, it spins. Work under the lock must be short.
///
/// This file needs no other file of the library.
#ifndef SEGFIT_LOCK_H
#define SEGFIT_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// 0 or 1: sleep by futex. Default 1 on Linux. With 0, outside wasm, a waiter yields its time slice
/// and tries again, which costs processor time if the holder takes long.
#ifndef SEGFIT_LOCK_FUTEX
#if defined(__linux__)
#define SEGFIT_LOCK_FUTEX 1
#else
#define SEGFIT_LOCK_FUTEX 0
#endif
#endif

#if defined(__wasm__)
#if !defined(__wasm_atomics__)
#error "a lock needs atomic operations: compile with -matomics"
#endif
#if !defined(SEGFIT_LOCK_MAY_WAIT)
#error "define SEGFIT_LOCK_MAY_WAIT(): whether the calling thread may sleep"
#endif
#elif SEGFIT_LOCK_FUTEX
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#else
#include <sched.h>
#endif

typedef struct segfit__lock {
    /// One of lock_state.
    uint32_t state;
} segfit__lock_t;

enum lock_state {
    LOCK_FREE = 0,
    LOCK_HELD = 1,
    /// Held, and a thread may sleep.
    LOCK_AWAITED = 2,
};

// -------------------------------------------------------------------------------------- platform

#if defined(__wasm__)
static inline bool lock_may_sleep(void)
{
    return SEGFIT_LOCK_MAY_WAIT();
}

static inline void lock_sleep(segfit__lock_t *lock)
{
    (void)__builtin_wasm_memory_atomic_wait32((int *)&lock->state, LOCK_AWAITED, -1);
}

static inline void lock_wake(segfit__lock_t *lock)
{
    (void)__builtin_wasm_memory_atomic_notify((int *)&lock->state, 1);
}

static inline void lock_pause(void)
{
}
#elif SEGFIT_LOCK_FUTEX
static inline bool lock_may_sleep(void)
{
    return true;
}

/// Ignores the kernel's answer, since the caller reads the state again. Keeps errno.
static inline void lock_futex(segfit__lock_t *lock, int operation, int value)
{
    const int saved = errno;
    (void)syscall(SYS_futex, &lock->state, operation, value, NULL, NULL, 0);
    errno = saved;
}

static inline void lock_sleep(segfit__lock_t *lock)
{
    lock_futex(lock, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, LOCK_AWAITED);
}

static inline void lock_wake(segfit__lock_t *lock)
{
    lock_futex(lock, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
}

static inline void lock_pause(void)
{
}
#else
static inline bool lock_may_sleep(void)
{
    return false;
}

static inline void lock_sleep(segfit__lock_t *lock)
{
    (void)lock;
}

static inline void lock_wake(segfit__lock_t *lock)
{
    (void)lock;
}

static inline void lock_pause(void)
{
    (void)sched_yield();
}
#endif

// ------------------------------------------------------------------------------------- operations

/// Takes the lock if nobody holds it, and returns true; otherwise returns false. Never waits.
static inline bool lock_try_acquire(segfit__lock_t *lock)
{
    uint32_t expected = LOCK_FREE;
    return __atomic_compare_exchange_n(&lock->state, &expected, LOCK_HELD, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

/// Waits without sleeping. While the lock is held, only reads it, so that the holder keeps the
/// cache line.
static inline void lock_spin(segfit__lock_t *lock)
{
    do {
        while (__atomic_load_n(&lock->state, __ATOMIC_RELAXED) != LOCK_FREE) {
            lock_pause();
        }
    } while (!lock_try_acquire(lock));
}

/// Takes the lock as a thread that slept or will sleep. It leaves LOCK_AWAITED, so that its release
/// wakes another sleeper.
static __attribute__((cold, noinline, unused)) void lock_acquire_slowly(segfit__lock_t *lock)
{
    if (!lock_may_sleep()) {
        lock_spin(lock);
        return;
    }
    while (__atomic_exchange_n(&lock->state, LOCK_AWAITED, __ATOMIC_ACQUIRE) != LOCK_FREE) {
        lock_sleep(lock);
    }
}

/// Waits for the lock and takes it. A thread that holds the lock must not call this.
static inline void lock_acquire(segfit__lock_t *lock)
{
    if (__builtin_expect(!lock_try_acquire(lock), 0)) {
        lock_acquire_slowly(lock);
    }
}

/// Releases the lock, and wakes one sleeper.
static inline void lock_release(segfit__lock_t *lock)
{
    if (__builtin_expect(
            __atomic_exchange_n(&lock->state, LOCK_FREE, __ATOMIC_RELEASE) == LOCK_AWAITED, 0)) {
        lock_wake(lock);
    }
}

#endif
