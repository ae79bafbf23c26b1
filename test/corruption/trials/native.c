// SPDX-License-Identifier: MIT
/// Trials as a program: each batch in a process of its own, so that what an injection breaks ends
/// there.
///
///     corruption trials KIND COUNT SEED    a line "RESULT COUNT" for each result that occurred
///     corruption flips HEAPS SEED          a line "BITS MISSED WHAT" for each word of metadata
#define _GNU_SOURCE
#include "trial.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    STACK = 64 << 10,
    /// Seeds that are tried for each trial that the heap must allow.
    TRIES = 20,
    TICK_MICROSECONDS = 250000,
};

/// The memory that parent and children share.
typedef struct shared {
    uint32_t seed;
    uint32_t done;
    uint32_t counts[RESULT_MOST];
} shared_t;

static shared_t *shared;
static sigjmp_buf back;
static uint32_t seed_at_tick;

_Noreturn void trial_end(unsigned result)
{
    siglongjmp(back, (int)result + 1);
}

static void on_signal(int number)
{
    // A trial that two ticks find at work takes too long. They count its own time, not that of a
    // busy machine.
    if (number == SIGVTALRM && seed_at_tick != shared->seed) {
        seed_at_tick = shared->seed;
        return;
    }
    siglongjmp(back, (int)RESULT(END_trapped, 0) + 1);
}

static void listen(void)
{
    static unsigned char memory[STACK];
    const stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
    const struct itimerval timer = {{0, TICK_MICROSECONDS}, {0, TICK_MICROSECONDS}};
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGVTALRM};
    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        sigaction(signals[i], &action, NULL);
    }
    setitimer(ITIMER_VIRTUAL, &timer, NULL);
}

static void note(unsigned result)
{
    shared->counts[result]++;
    shared->done += (result & 7U) != END_skipped;
}

static void run_batch(kind_t kind, uint32_t trials, uint32_t end)
{
    listen();
    while (shared->done < trials && shared->seed < end) {
        const int jumped = sigsetjmp(back, 1);
        note(jumped == 0 ? trial_run(kind, shared->seed) : (unsigned)jumped - 1U);
        shared->seed++;
    }
    _exit(0);
}

static int run_trials(kind_t kind, uint32_t trials, uint32_t seed)
{
    const uint32_t end = seed + trials * TRIES;
    shared->seed = seed;
    while (shared->done < trials && shared->seed < end) {
        const pid_t child = fork();
        int status = 0;
        if (child == 0) {
            run_batch(kind, trials, end);
        }
        if (child < 0 || waitpid(child, &status, 0) < 0) {
            return 1;
        }
        if (status != 0) {
            // The child could not even record its signal.
            note(RESULT(END_trapped, 0));
            shared->seed++;
        }
    }
    for (unsigned result = 0; result < RESULT_MOST; result++) {
        if (shared->counts[result] != 0) {
            printf("%u %u\n", result, shared->counts[result]);
        }
    }
    return 0;
}

void flips_note(const char *what, unsigned bits, unsigned missed)
{
    printf("%u %u %s\n", bits, missed, what);
}

int main(int count, char **words)
{
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || count < 4) {
        return 2;
    }
    const uint32_t numbers[] = {(uint32_t)strtoul(words[2], NULL, 10),
                                (uint32_t)strtoul(words[3], NULL, 10),
                                count > 4 ? (uint32_t)strtoul(words[4], NULL, 10) : 0};
    if (strcmp(words[1], "trials") == 0 && count == 5) {
        return run_trials((kind_t)numbers[0], numbers[1], numbers[2]);
    }
    for (uint32_t i = 0; i < numbers[0]; i++) {
        flips_run(numbers[1] + i);
    }
    return 0;
}
