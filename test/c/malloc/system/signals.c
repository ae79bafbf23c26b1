// SPDX-License-Identifier: MIT
/// Signals that come while a thread is in malloc. POSIX does not let their handlers call malloc; it
/// does let them fork, and the malloc that was interrupted goes on afterwards.
#define _GNU_SOURCE
#include "watchdog.h"

#include <errno.h>
#include <sys/time.h>

enum {
    SIGNALS = 80,
};

static volatile sig_atomic_t handled;
static volatile sig_atomic_t failed;
static volatile sig_atomic_t in_child;

/// A child that ends at once.
static void fork_in_handler(int signal)
{
    const int saved = errno;
    (void)signal;
    const pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    failed |= !child_is_well(child);
    handled++;
    errno = saved;
}

/// A child that returns into what was interrupted, and goes on from there.
static void return_in_child(int signal)
{
    const int saved = errno;
    (void)signal;
    if (in_child) {
        return;
    }
    const pid_t child = fork();
    if (child == 0) {
        in_child = 1;
        watch();
    } else {
        failed |= !child_is_well(child);
        handled++;
    }
    errno = saved;
}

static void count(int signal)
{
    (void)signal;
    handled++;
}

/// Has a signal delivered again and again, by a clock, without SA_RESTART.
static void begin_signals(void (*handler)(int), int kind, int clock)
{
    const struct itimerval often = {{0, 700}, {0, 700}};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    NEED(sigaction(kind, &action, NULL) == 0 && setitimer(clock, &often, NULL) == 0);
}

static void end_signals(int clock)
{
    const struct itimerval never = {{0, 0}, {0, 0}};
    NEED(setitimer(clock, &never, NULL) == 0);
}

/// Blocks that go through the heap's lock.
static void use_heap(void)
{
    void *blocks[40];
    for (size_t i = 0; i < 40; i++) {
        blocks[i] = call_malloc(600 + 50 * i);
        NEED(blocks[i] != NULL);
    }
    for (size_t i = 0; i < 40; i++) {
        call_free(blocks[i * 7 % 40]);
    }
    use_malloc(3);
}

static void fork_from_handlers(void)
{
    begin_signals(fork_in_handler, SIGPROF, ITIMER_PROF);
    while (handled < SIGNALS) {
        use_heap();
    }
    end_signals(ITIMER_PROF);
    NEED(!failed);
}

static void return_from_handlers_in_children(void)
{
    begin_signals(return_in_child, SIGPROF, ITIMER_PROF);
    while (handled < SIGNALS && !in_child) {
        use_heap();
    }
    if (in_child) {
        for (int i = 0; i < 10; i++) {
            use_heap();
        }
        _exit(0);
    }
    end_signals(ITIMER_PROF);
    NEED(!failed);
}

/// Signals interrupt threads that wait for malloc's lock: nobody loses it, nobody gets it twice.
static void interrupt_waiting_threads(void)
{
    begin_signals(count, SIGUSR1, ITIMER_PROF);
    end_signals(ITIMER_PROF);
    start_busy_threads();
    for (int i = 0; i < 20000; i++) {
        NEED(pthread_kill(busy_threads[i % BUSY_THREADS], SIGUSR1) == 0);
        call_free(call_malloc(2000));
    }
    stop_busy_threads();
    NEED(handled > 0);
}

/// Signals while the process forks.
static void interrupt_forks(void)
{
    begin_signals(count, SIGPROF, ITIMER_PROF);
    start_busy_threads();
    for (int i = 0; i < 40; i++) {
        const pid_t child = fork();
        if (child == 0) {
            watch();
            use_heap();
            _exit(0);
        }
        int status = -1;
        pid_t ended = -1;
        do {
            ended = waitpid(child, &status, 0);
        } while (ended < 0 && errno == EINTR);
        NEED(ended == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    end_signals(ITIMER_PROF);
    stop_busy_threads();
}

static const scenario_t scenarios[] = {
    {"fork", fork_from_handlers},
    {"return", return_from_handlers_in_children},
    {"waiting", interrupt_waiting_threads},
    {"forking", interrupt_forks},
};

MAIN_OF(scenarios)
