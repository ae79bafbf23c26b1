// SPDX-License-Identifier: MIT
/// Malloc before and after a fork: the order of its lock and the C library's.
///
/// A part of malloc.c. The C library's fork takes its list of FILEs after the handlers of pthread_atfork have run,
/// while fflush(NULL) holds that list and waits for a FILE whose holder may wait for malloc's lock. So the list is
/// taken here, before malloc's lock: whoever holds it can finish. glibc's list can be taken several times by one
/// thread, and glibc exports the functions; other C libraries need no such order.
#ifndef SEGFIT_MALLOC_FORK_H
#define SEGFIT_MALLOC_FORK_H

#if defined(__GLIBC__)
extern void _IO_list_lock(void) __attribute__((weak));
extern void _IO_list_unlock(void) __attribute__((weak));
extern void _IO_list_resetlock(void) __attribute__((weak));
extern char __libc_single_threaded __attribute__((weak));

/// Takes the list of FILEs. Returns false, and does nothing, if no other thread can hold it: a signal handler that
/// forks may have interrupted this thread while it held the list.
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

/// In a child: makes the list free, whoever held it.
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
static unsigned process_fork_depth;
/// Whether the forking thread took the list of FILEs.
static bool process_has_files;

static void process_before_fork(void)
{
    if (process_forks()) {
        process_fork_depth++;
        return;
    }
    if (process_interrupts_itself(os_inside())) {
        return;
    }
    const bool files = files_lock();
    process_enter();
    process_has_files = files;
    process_fork_depth = 1;
    os_set_inside(os_inside() + PROCESS_FORKING);
}

static void process_after_fork(void)
{
    if (!process_forks() || --process_fork_depth > 0) {
        return;
    }
    const bool files = process_has_files;
    os_set_inside(os_inside() - PROCESS_FORKING);
    process_leave();
    if (files) {
        files_unlock();
    }
}

/// Lets go of the caches of threads that the child does not have. They may be copied half written: their blocks
/// stay in use.
static void process_keep_own_cache(void)
{
#if SEGFIT_CACHE > 0
    cache_t *const own = process_own();
    for (const cache_t *cache = process_caches; cache != NULL; cache = cache->next) {
        process_served_before += cache == own ? 0 : cache->served;
    }
    process_caches = NULL;
    if (process_is_open(own)) {
        own->next = NULL;
        own->link = &process_caches;
        process_caches = own;
    }
#endif
}

/// A child has one thread, and the heap as the lock kept it.
static void process_in_child(void)
{
    // Nobody sleeps here.
    process_lock.state = LOCK_HELD;
    if (!process_forks()) {
        // The interrupted malloc goes on in the child, and gives the lock back.
        return;
    }
    process_keep_own_cache();
    if (process_has_files) {
        files_reset();
    }
    if (--process_fork_depth > 0) {
        process_has_files = process_has_files && files_lock();
        return;
    }
    os_set_inside(os_inside() - PROCESS_FORKING);
    process_lock_release();
}

#endif
