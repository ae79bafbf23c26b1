// SPDX-License-Identifier: MIT
/// The programs natively, each in a process whose malloc nobody has used before: a line "OUTCOME
/// MOMENT" for each line of four numbers that is read.
///
///     KIND SIZE 0 0                        a program of PROGRAMS
///     NEIGHBOUR AMOUNT 1 + DOWN CONTENTS   one that writes past a block
#define _GNU_SOURCE
#include "programs.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    /// Of a program's own time; the longest takes a tenth.
    SECONDS = 5
};

static volatile moment_t *moment;

void host_moment(moment_t now)
{
    *moment = now;
}

void host_end(outcome_t outcome)
{
    _exit((int)outcome + 1);
}

static outcome_t run(const unsigned *words)
{
    const pid_t child = fork();
    int status = 0;
    if (child == 0) {
        alarm(SECONDS);
        host_end(words[2] == 0 ? program_run((program_t)words[0], words[1])
                               : neighbour_run((neighbour_t)words[0], words[1], words[2] == 2,
                                               (contents_t)words[3]));
    }
    if (child < 0 || waitpid(child, &status, 0) < 0) {
        exit(2);
    }
    return WIFEXITED(status) && WEXITSTATUS(status) > 0 ? (outcome_t)(WEXITSTATUS(status) - 1)
                                                        : OUTCOME_trapped;
}

/// The next number of standard input, which ends with the last; read and written without a buffer
/// of the C library's, so that nothing here calls malloc.
static unsigned number(void)
{
    unsigned value = 0;
    char digit;
    while (read(STDIN_FILENO, &digit, 1) == 1) {
        if (digit < '0' || digit > '9') {
            return value;
        }
        value = value * 10 + (unsigned)(digit - '0');
    }
    exit(0);
}

int main(void)
{
    moment = mmap(NULL, sizeof *moment, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (moment == MAP_FAILED) {
        return 2;
    }
    for (;;) {
        const unsigned words[] = {number(), number(), number(), number()};
        *moment = MOMENT_before;
        const outcome_t outcome = run(words);
        const char line[] = {(char)('0' + outcome), ' ', (char)('0' + *moment), '\n'};
        if (write(STDOUT_FILENO, line, sizeof line) != sizeof line) {
            return 2;
        }
    }
}
