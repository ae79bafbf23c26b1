// SPDX-License-Identifier: MIT
/// Ends: of threads, by cancellation too, and of the process.
#define _GNU_SOURCE
#include "watchdog.h"

#include <malloc.h>
#include <sys/resource.h>

// ----------------------------------------------------------------------------------- cancellation

/// Set by a thread that goes on although it was to be cancelled or to end the program.
static bool went_on;

/// Frees a block twice, with a cancellation pending.
static void *free_twice_when_cancelled(void *unused)
{
    void *const block = call_malloc(5000);
    NEED(pthread_cancel(pthread_self()) == 0);
    call_free(block);
    call_free(block);
    __atomic_store_n(&went_on, true, __ATOMIC_RELAXED);
    return unused;
}

/// As above, where a cancellation acts at any instruction at which it is enabled: not even the
/// report may enable it.
static void *free_twice_when_cancelled_at_once(void *unused)
{
    NEED(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL) == 0);
    NEED(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL) == 0);
    NEED(pthread_cancel(pthread_self()) == 0);
    void *const block = call_malloc(5000);
    call_free(block);
    call_free(block);
    __atomic_store_n(&went_on, true, __ATOMIC_RELAXED);
    return unused;
}

/// A crime in a thread that is to be cancelled ends the whole program: whoever runs this expects
/// that.
static void run_crime(void *(*crime)(void *))
{
    const struct rlimit none = {0, 0};
    pthread_t thread;
    NEED(setrlimit(RLIMIT_CORE, &none) == 0);
    NEED(pthread_create(&thread, NULL, crime, NULL) == 0);
    NEED(pthread_join(thread, NULL) == 0);
    say(went_on ? "the thread went on\n" : "only the thread ended\n");
}

static void crime_when_cancelled(void)
{
    run_crime(free_twice_when_cancelled);
}

static void crime_when_cancelled_at_once(void)
{
    run_crime(free_twice_when_cancelled_at_once);
}

/// Calls everything that malloc has, with a cancellation pending: none of it may end the thread.
static void *call_all_when_cancelled(void *unused)
{
    NEED(pthread_cancel(pthread_self()) == 0);
    use_malloc(1000);
    void *blocks[50];
    for (size_t i = 0; i < 50; i++) {
        blocks[i] = call_malloc(i << 14);
        NEED(blocks[i] != NULL);
    }
    for (size_t i = 0; i < 50; i++) {
        call_free(blocks[i]);
    }
    void *aligned = NULL;
    NEED(posix_memalign(&aligned, 4096, 5000) == 0 && malloc_usable_size(aligned) >= 5000);
    call_free(aligned);
    call_free(calloc(10, 100000));
    (void)malloc_trim(0);
    (void)mallinfo2();
    NEED(call_malloc(SIZE_MAX / 2) == NULL);
    malloc_stats();
    __atomic_store_n(&went_on, true, __ATOMIC_RELAXED);
    pthread_testcancel();
    say("the thread was not cancelled\n");
    _exit(1);
    return unused;
}

static void no_call_is_a_cancellation_point(void)
{
    pthread_t thread;
    void *result = NULL;
    NEED(pthread_create(&thread, NULL, call_all_when_cancelled, NULL) == 0);
    NEED(pthread_join(thread, &result) == 0);
    NEED(went_on && result == PTHREAD_CANCELED);
    use_malloc(100);
}

static void free_at_cancellation(void *block)
{
    call_free(block);
    use_malloc(5);
}

static void *be_busy_until_cancelled(void *unused)
{
    void *const block = call_malloc(100);
    pthread_cleanup_push(free_at_cancellation, block);
    for (;;) {
        use_malloc(3);
        pthread_testcancel();
    }
    pthread_cleanup_pop(1);
    return unused;
}

static void cancel_threads_that_allocate(void)
{
    start_busy_threads();
    for (int i = 0; i < 200; i++) {
        pthread_t thread;
        void *result = NULL;
        NEED(pthread_create(&thread, NULL, be_busy_until_cancelled, NULL) == 0);
        NEED(pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0);
        NEED(result == PTHREAD_CANCELED);
    }
    stop_busy_threads();
}

// ---------------------------------------------------------------------------------- ends of
// threads

enum {
    KEYS = 40,
};

static pthread_key_t keys[KEYS];
static unsigned destructor_calls;

/// Allocates and frees after malloc's own destructor ran, and wants to be called again.
static void use_malloc_in_destructor(void *value)
{
    const uintptr_t count = *(uintptr_t *)value;
    call_free(value);
    use_malloc(2);
    __atomic_add_fetch(&destructor_calls, 1, __ATOMIC_RELAXED);
    if (count > 1) {
        uintptr_t *const next = call_malloc(sizeof *next);
        NEED(next != NULL);
        *next = count - 1;
        for (int i = 0; i < KEYS; i++) {
            if (pthread_getspecific(keys[i]) == NULL) {
                NEED(pthread_setspecific(keys[i], next) == 0);
                return;
            }
        }
    }
}

static void *set_keys(void *unused)
{
    for (int i = 0; i < KEYS; i++) {
        uintptr_t *const value = call_malloc(sizeof *value);
        NEED(value != NULL);
        *value = 2;
        NEED(pthread_setspecific(keys[i], value) == 0);
    }
    use_malloc(5);
    return unused;
}

/// Keys from before malloc has its own, and from after.
static void end_threads_with_destructors(void)
{
    for (int i = 0; i < KEYS; i++) {
        NEED(pthread_key_create(&keys[i], use_malloc_in_destructor) == 0);
        if (i == KEYS / 2) {
            use_malloc(10);
        }
    }
    start_busy_threads();
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        NEED(pthread_create(&thread, NULL, set_keys, NULL) == 0);
        NEED(pthread_join(thread, NULL) == 0);
    }
    NEED(destructor_calls >= 100 * KEYS);
    stop_busy_threads();
}

// --------------------------------------------------------------------------------- end of the
// process

static void *kept_until_exit;

static void use_malloc_at_exit(void)
{
    use_malloc(10);
    call_free(kept_until_exit);
    kept_until_exit = call_malloc(300);
}

static void use_malloc_on_exit(int status, void *block)
{
    NEED(status == 0);
    call_free(block);
    use_malloc_at_exit();
}

/// Registers another handler from within one.
static void register_at_exit(void)
{
    use_malloc_at_exit();
    NEED(atexit(use_malloc_at_exit) == 0);
}

__attribute__((destructor)) static void use_malloc_in_process_destructor(void)
{
    use_malloc(10);
    call_free(kept_until_exit);
}

/// More handlers than the C library has room for without malloc, with threads that go on.
static void exit_with_handlers(void)
{
    kept_until_exit = call_malloc(100);
    for (int i = 0; i < 100; i++) {
        NEED(atexit(i % 3 == 0 ? register_at_exit : use_malloc_at_exit) == 0);
        NEED(on_exit(use_malloc_on_exit, call_malloc(100)) == 0);
        NEED(at_quick_exit(use_malloc_at_exit) == 0);
    }
    start_busy_threads();
}

static void exit_quickly(void)
{
    exit_with_handlers();
    (void)puts("ok");
    (void)fflush(stdout);
    quick_exit(0);
}

/// The main thread ends first; another ends the process.
static void *end_process(void *unused)
{
    use_malloc(100);
    (void)puts("ok");
    exit(0);
    return unused;
}

static void end_main_thread(void)
{
    pthread_t thread;
    exit_with_handlers();
    NEED(pthread_create(&thread, NULL, end_process, NULL) == 0);
    pthread_exit(NULL);
}

static const scenario_t scenarios[] = {
    {"crime", crime_when_cancelled},
    {"crime-at-once", crime_when_cancelled_at_once},
    {"points", no_call_is_a_cancellation_point},
    {"cancel", cancel_threads_that_allocate},
    {"keys", end_threads_with_destructors},
    {"exit", exit_with_handlers},
    {"quick-exit", exit_quickly},
    {"main", end_main_thread},
};

MAIN_OF(scenarios)
