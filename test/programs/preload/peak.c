// SPDX-License-Identifier: MIT
/// Runs a program under a preloaded library and says how much memory it, or its largest child, had
/// at most: peak FILE LIBRARY PROGRAM ARGUMENT … FILE gets the peak in KiB; LIBRARY may be "".
///
/// A small program of its own, since the peak of a new process begins with that of the one it was
/// forked from.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct rusage usage;
    int status = 0;
    if (argc < 4) {
        return 2;
    }
    const pid_t child = fork();
    if (child == 0) {
        if (argv[2][0] != '\0') {
            setenv("LD_PRELOAD", argv[2], 1);
        }
        execvp(argv[3], argv + 3);
        perror(argv[3]);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        return 2;
    }
    FILE *const file = fopen(argv[1], "w");
    if (file == NULL || fprintf(file, "%ld\n", usage.ru_maxrss) < 0 || fclose(file) != 0) {
        return 2;
    }
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "ended by signal %d\n", WTERMSIG(status));
        return 128 + WTERMSIG(status);
    }
    return WEXITSTATUS(status);
}
