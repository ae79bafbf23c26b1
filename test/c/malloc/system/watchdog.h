// SPDX-License-Identifier: MIT
/// Shared by the programs of this folder: a time limit, and threads that are busy in malloc.
///
/// The programs call nothing but the C library, so that each also runs with the C library's own
/// malloc, and with segfit by LD_PRELOAD. The first argument names what to do; the last line
/// printed is "ok", or a failure ends the program with a message and exit code 1.
#ifndef SEGFIT_TEST_SYSTEM_WATCHDOG_H
#define SEGFIT_TEST_SYSTEM_WATCHDOG_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

enum {
    /// Seconds that a program, or a child that it forked, may take.
    TIME_LIMIT = 60,
    BUSY_THREADS = 3,
};

/// Writes without stdio, which may be locked.
static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0) {
        _exit(1);
    }
}

static void time_is_up(int signal)
{
    (void)signal;
    say("it hangs\n");
    _exit(1);
}

/// Ends the process with a message unless it ends by itself in time. A child starts its own.
static void watch(void)
{
    (void)signal(SIGALRM, time_is_up);
    (void)alarm(TIME_LIMIT);
}

/// Ends the process if `condition` does not hold.
#define NEED(condition)                                \
    do {                                               \
        if (!(condition)) {                            \
            say("it does not hold: " #condition "\n"); \
            _exit(1);                                  \
        }                                              \
    } while (0)

/// Out of the compiler's sight, so that no call is left out.
static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;
static void *(*volatile call_realloc)(void *, size_t) = realloc;

/// Allocates and frees blocks of many sizes; each holds what was written.
static UNUSED void use_malloc(unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        const size_t size = 1 + (i * 2654435761U >> 16) % 3000;
        unsigned char *block = call_malloc(size);
        NEED(block != NULL);
        block[0] = block[size - 1] = (unsigned char)i;
        unsigned char *const larger = call_malloc(2 * size);
        NEED(larger != NULL && larger != block);
        larger[0] = larger[2 * size - 1] = 1;
        block = call_realloc(block, size + 100);
        NEED(block != NULL && block[size - 1] == (unsigned char)i && larger[0] == 1);
        call_free(block);
        call_free(larger);
    }
}

static bool busy_stops;
static pthread_t busy_threads[BUSY_THREADS];

static void *be_busy(void *unused)
{
    while (!__atomic_load_n(&busy_stops, __ATOMIC_RELAXED)) {
        use_malloc(10);
    }
    return unused;
}

/// Starts threads that call malloc all the time.
static UNUSED void start_busy_threads(void)
{
    for (int i = 0; i < BUSY_THREADS; i++) {
        NEED(pthread_create(&busy_threads[i], NULL, be_busy, NULL) == 0);
    }
}

static UNUSED void stop_busy_threads(void)
{
    __atomic_store_n(&busy_stops, true, __ATOMIC_RELAXED);
    for (int i = 0; i < BUSY_THREADS; i++) {
        NEED(pthread_join(busy_threads[i], NULL) == 0);
    }
}

/// Waits for a child. True if it exited with 0.
static UNUSED bool child_is_well(pid_t child)
{
    int status = -1;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

/// Runs the function that the program's argument names.
typedef struct scenario {
    const char *name;
    void (*run)(void);
} scenario_t;

static int run_scenario(const scenario_t *scenarios, size_t count, const char *name)
{
    watch();
    for (size_t i = 0; i < count; i++) {
        if (strcmp(scenarios[i].name, name) == 0) {
            scenarios[i].run();
            (void)puts("ok");
            return 0;
        }
    }
    say("no such scenario\n");
    return 2;
}

#define MAIN_OF(scenarios)                                                     \
    int main(int argc, char **argv)                                            \
    {                                                                          \
        return run_scenario(scenarios, sizeof scenarios / sizeof scenarios[0], \
                            argc > 1 ? argv[1] : "");                          \
    }

#endif
