// SPDX-License-Identifier: MIT
/// The lock around malloc's heap, and which thread holds it where that matters: at a fork and in signal handlers.
///
/// A part of malloc.c. Two situations bring a thread to the lock that it holds already:
///
/// - It forks. process_before_fork takes the lock, and handlers of pthread_atfork that run between that and the
///   fork may call malloc. The heap is whole then, so the lock lets this thread through.
/// - A signal handler interrupted malloc. If the handler calls malloc, the heap may be half changed and the lock
///   can never come free: the program ends with a message. If the handler forks, the fork leaves the lock alone.
///
/// Where there are neither forks nor signals, as in wasm, none of this is compiled.
#ifndef SEGFIT_MALLOC_LOCK_H
#define SEGFIT_MALLOC_LOCK_H

#include "../port/lock.h"
#include "../port/calls.h"

static segfit__lock_t process_lock;

#if OS_FORKS
/// How often the thread has the lock, or is about to take it: 0 or 1, and one more for each time a signal handler or a
/// forking thread comes again. PROCESS_FORKING is added while the thread forks.
OS_OWN_WORD(inside)

enum {
    PROCESS_FORKING = 1 << 16,
};

/// True for the thread that holds the lock since process_before_fork.
static inline bool process_forks(void)
{
    return os_inside() >= PROCESS_FORKING;
}

/// True if this is a signal handler that interrupted the calling thread while it held the lock. `times`: what
/// os_inside said, without what the handler itself added.
///
/// It is also true in the few instructions in which a thread is about to take the lock that another thread holds.
static inline bool process_interrupts_itself(uintptr_t times)
{
    return times != 0 && __atomic_load_n(&process_lock.state, __ATOMIC_RELAXED) != LOCK_FREE;
}

/// A signal handler in this thread sees what is above before what is below.
static inline void process_signal_fence(void)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/// Takes the lock that is not free, if it is not this thread's.
static SEGFIT_COLD void process_lock_wait(void)
{
    if (process_forks()) {
        return;
    }
    if (process_interrupts_itself(os_inside() - 1U)) {
        static const char text[] =
            "segfit: a signal handler that interrupted malloc or free called "
            "malloc or free\n";
        os_say(text, sizeof text - 1);
        SEGFIT_TRAP();
    }
    // While the thread sleeps it holds nothing: a signal handler may call malloc then.
    os_set_inside(os_inside() - 1U);
    process_signal_fence();
    lock_acquire_slowly(&process_lock);
    process_signal_fence();
    os_set_inside(os_inside() + 1U);
}

static inline void process_lock_acquire(void)
{
    os_set_inside(os_inside() + 1U);
    process_signal_fence();
    if (SEGFIT_UNLIKELY(!lock_try_acquire(&process_lock))) {
        process_lock_wait();
    }
}

static inline void process_lock_release(void)
{
    if (SEGFIT_LIKELY(!process_forks())) {
        lock_release(&process_lock);
        process_signal_fence();
    }
    os_set_inside(os_inside() - 1U);
}
#else
static inline void process_lock_acquire(void)
{
    lock_acquire(&process_lock);
}

static inline void process_lock_release(void)
{
    lock_release(&process_lock);
}
#endif

#endif
