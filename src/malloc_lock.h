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

#include "lock.h"
#include "os_calls.h"

static segfit__lock_t process_lock;

#if OS_FORKS
/// 1 while the thread holds the lock, or is about to take it.
OS_OWN_WORD(inside)

/// The thread that forks and holds the lock meanwhile; 0 if there is none.
static uintptr_t process_forker;

/// Tells threads apart.
static inline uintptr_t process_self(void)
{
    return (uintptr_t)&os_word_inside;
}

/// True for the thread that holds the lock since process_before_fork.
static inline bool process_forks(void)
{
    return __atomic_load_n(&process_forker, __ATOMIC_RELAXED) == process_self();
}

/// True if this is a signal handler that interrupted the calling thread while it held the lock.
///
/// It is also true in the few instructions in which a thread with `inside` set is about to take the lock that
/// another thread holds.
static inline bool process_interrupts_itself(uintptr_t inside)
{
    return inside != 0 && __atomic_load_n(&process_lock.state, __ATOMIC_RELAXED) != LOCK_FREE;
}

/// Takes the lock that is not free. `inside`: what os_inside said before.
static SEGFIT_COLD void process_lock_wait(uintptr_t inside)
{
    if (process_forks()) {
        return;
    }
    if (process_interrupts_itself(inside)) {
        static const char text[] =
            "segfit: a signal handler that interrupted malloc or free called "
            "malloc or free\n";
        os_say(text, sizeof text - 1);
        SEGFIT_TRAP();
    }
    // While the thread sleeps it holds nothing: a signal handler may call malloc then.
    os_set_inside(0);
    lock_acquire_slowly(&process_lock);
    os_set_inside(1);
}

static inline void process_lock_acquire(void)
{
    const uintptr_t inside = os_inside();
    os_set_inside(1);
    if (SEGFIT_UNLIKELY(!lock_try_acquire(&process_lock))) {
        process_lock_wait(inside);
    }
}

static inline void process_lock_release(void)
{
    if (SEGFIT_UNLIKELY(process_forks())) {
        return;
    }
    lock_release(&process_lock);
    os_set_inside(0);
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
