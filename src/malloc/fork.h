// SPDX-License-Identifier: MIT
/// malloc before and after a fork: takes its lock after the C library's list of FILEs.
///
/// The C library's fork takes that list after the handlers of pthread_atfork have run, while
/// fflush(NULL) holds the list and waits for a FILE whose holder may wait for malloc's lock. So
/// fork_before takes the list before malloc's lock: whoever holds the list can finish. In glibc one
/// thread can take the list several times, and glibc exports the functions; other C libraries need
/// no such order.
#ifndef SEGFIT_MALLOC_FORK_H
#define SEGFIT_MALLOC_FORK_H

#include "thread_cache.h"

#if SEGFIT_THREADS && PORT_FORKS
#if defined(__GLIBC__)
extern void _IO_list_lock(void) __attribute__((weak));
extern void _IO_list_unlock(void) __attribute__((weak));
extern void _IO_list_resetlock(void) __attribute__((weak));
extern char __libc_single_threaded __attribute__((weak));

/// Takes the list of FILEs. Returns false, and takes nothing, if no other thread can hold it: a
/// signal handler that forks may have interrupted this thread while it held the list.
static bool files_lock(void)
{
    const bool alone = &__libc_single_threaded != NULL && __libc_single_threaded != 0;
    if (alone || &_IO_list_lock == NULL || &_IO_list_unlock == NULL ||
        &_IO_list_resetlock == NULL) {
        return false;
    }
    _IO_list_lock();
    return true;
}

static void files_unlock(void)
{
    _IO_list_unlock();
}

/// In a child: frees the list, whoever held it.
static void files_reset(void)
{
    _IO_list_resetlock();
}
#else
static inline bool files_lock(void)
{
    return false;
}

static inline void files_unlock(void)
{
}

static inline void files_reset(void)
{
}
#endif

/// How many forks the forking thread is in: more than one if a handler of pthread_atfork forks.
static unsigned fork_depth;
/// Whether the forking thread took the list of FILEs.
static bool fork_has_files;

static void fork_before(void)
{
    if (heap_lock_is_forking()) {
        fork_depth++;
        return;
    }
    if (heap_lock_is_interrupted(port_inside())) {
        return;
    }
    const bool files = files_lock();
    policy_enter();
    fork_has_files = files;
    fork_depth = 1;
    port_set_inside(port_inside() + HEAP_LOCK_FORKING);
}

static void fork_in_parent(void)
{
    if (!heap_lock_is_forking() || --fork_depth > 0) {
        return;
    }
    const bool files = fork_has_files;
    port_set_inside(port_inside() - HEAP_LOCK_FORKING);
    policy_leave();
    if (files) {
        files_unlock();
    }
}

/// A child has one thread, and the heap as the lock protected it.
static void fork_in_child(void)
{
    // Nobody sleeps in the child.
    heap_lock.state = LOCK_HELD;
    if (!heap_lock_is_forking()) {
        // The interrupted malloc goes on in the child, and releases the lock.
        return;
    }
    thread_cache_drop_others();
    if (fork_has_files) {
        files_reset();
    }
    if (--fork_depth > 0) {
        fork_has_files = fork_has_files && files_lock();
        return;
    }
    port_set_inside(port_inside() - HEAP_LOCK_FORKING);
    heap_lock_release();
}
#endif

#endif
