// SPDX-License-Identifier: MIT
/// The lock around malloc's heap. At a fork and in signal handlers it also knows which thread holds
/// it.
///
/// Two situations bring a thread to the lock that it holds already:
///
/// - It forks. fork.h takes the lock before a fork, and handlers of pthread_atfork that run after
///   that may call malloc. The heap is whole at that moment, so the lock lets this thread through.
/// - A signal handler interrupted malloc. If the handler calls malloc, the heap may be half changed
///   and the lock can never come free: the program ends with a message. If the handler forks, the
///   fork leaves the lock alone.
///
/// A platform without forks and signals, such as wasm, compiles none of this.
#ifndef SEGFIT_MALLOC_HEAP_LOCK_H
#define SEGFIT_MALLOC_HEAP_LOCK_H

#include "settings.h"

#include "../core/compiler.h"
#include "../port/may_wait.h"
#include "../port/message.h"
#include "../port/thread_word.h"
#include "../port/threads.h"

#if SEGFIT_THREADS
#include "../port/lock.h"

static segfit__lock_t heap_lock;

#if PORT_FORKS
/// How often the thread has the lock, or is about to take it: 0 or 1, and one more for each time
/// that a signal handler or a forking thread comes again. HEAP_LOCK_FORKING is added while the
/// thread forks.
PORT_THREAD_WORD(inside)

enum {
    HEAP_LOCK_FORKING = 1 << 16,
};

/// Returns true in the thread that took the lock for a fork.
static inline bool heap_lock_is_forking(void)
{
    return port_inside() >= HEAP_LOCK_FORKING;
}

/// Returns true in a signal handler that interrupted the calling thread while it held the lock.
/// `times` is port_inside without what the handler itself added.
///
/// Also returns true in the few instructions in which a thread is about to take the lock that
/// another thread holds.
static inline bool heap_lock_is_interrupted(uintptr_t times)
{
    return times != 0 && __atomic_load_n(&heap_lock.state, __ATOMIC_RELAXED) != LOCK_FREE;
}

/// Orders the stores above before those below, as a signal handler in this thread sees them.
static inline void heap_lock_fence(void)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/// Takes the lock that is not free, unless it is this thread's.
static SEGFIT_COLD void heap_lock_wait(void)
{
    if (heap_lock_is_forking()) {
        return;
    }
    if (heap_lock_is_interrupted(port_inside() - 1U)) {
        static const char text[] =
            "segfit: a signal handler that interrupted malloc or free called "
            "malloc or free\n";
        port_print_error(text, sizeof text - 1);
        SEGFIT_TRAP();
    }
    // A thread that sleeps holds nothing, so a signal handler in it may call malloc.
    port_set_inside(port_inside() - 1U);
    heap_lock_fence();
    lock_acquire_slowly(&heap_lock);
    heap_lock_fence();
    port_set_inside(port_inside() + 1U);
}

static inline void heap_lock_acquire(void)
{
    port_set_inside(port_inside() + 1U);
    heap_lock_fence();
    if (SEGFIT_UNLIKELY(!lock_try_acquire(&heap_lock))) {
        heap_lock_wait();
    }
}

static inline void heap_lock_release(void)
{
    if (SEGFIT_LIKELY(!heap_lock_is_forking())) {
        lock_release(&heap_lock);
        heap_lock_fence();
    }
    port_set_inside(port_inside() - 1U);
}
#else
static inline void heap_lock_acquire(void)
{
    lock_acquire(&heap_lock);
}

static inline void heap_lock_release(void)
{
    lock_release(&heap_lock);
}
#endif
#endif

#endif
