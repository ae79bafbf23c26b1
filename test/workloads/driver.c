// SPDX-License-Identifier: MIT
/// Runs one workload natively: `driver WORKLOAD PAIRS SLICES CHECKED`.
///
/// Prints the nanoseconds a pair of each timed slice, one a line, and last the peak of resident
/// memory in KiB. Leaves with 1 if the workload's own check found an error.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "workloads.h"

enum {
    /// This part of the pairs runs before each timed slice, as in measure.mjs.
    WARMING_PART = 5,
};

void bench_setup(uint32_t workload, bool checked);
uint32_t bench_run(uint32_t workload, uint32_t pairs, bool checked);
uint32_t bench_finish(bool checked);
void bench_timed(uint32_t workload, uint32_t pairs, bool checked);

/// callgrind counts this function and its callees.
__attribute__((noinline)) void bench_timed(uint32_t workload, uint32_t pairs, bool checked)
{
    bench_run(workload, pairs, checked);
}

static double nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/// Of this program alone: what getrusage tells is at least what the process had before it. 0:
/// unknown.
static long peak_kib(void)
{
    static const char key[] = "VmHWM:";
    static char text[4096];
    FILE *const file = fopen("/proc/self/status", "r");
    if (file == NULL) {
        return 0;
    }
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    const char *const line = strstr(text, key);
    return line == NULL ? 0 : atol(line + sizeof key - 1);
}

int main(int count, char **words)
{
    if (count != 5) {
        return 2;
    }
    const uint32_t workload = (uint32_t)atoi(words[1]);
    const uint32_t pairs = (uint32_t)atoi(words[2]);
    const bool checked = atoi(words[4]) != 0;
    bench_setup(workload, checked);
    bench_run(workload, pairs, checked);
    for (int slice = atoi(words[3]); slice > 0; slice--) {
        bench_run(workload, pairs / WARMING_PART + 1, checked);
        const double begin = nanoseconds();
        bench_timed(workload, pairs, checked);
        printf("%.4g\n", (nanoseconds() - begin) / (double)pairs);
    }
    const uint32_t errors = bench_finish(checked);
    printf("%ld\n", peak_kib());
    return errors == 0 ? 0 : 1;
}
