// SPDX-License-Identifier: MIT
/// Prints how much memory malloc took before the program began. Then, with the argument "twice", it
/// frees a block twice; with "close" it closes standard error, as programs do at their end.
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;

int main(int argc, char **argv)
{
    const char *const word = argc > 1 ? argv[1] : "";
    // Before printf, which allocates. The heap's bounds are not counted, so that a step of 256 KiB
    // shows as less.
    const size_t taken = mallinfo2().arena;
    printf("taken %zu KiB\n", (taken + (1 << 18) - 1) >> 18 << 8);
    fflush(stdout);
    if (strcmp(word, "twice") == 0) {
        void *const block = call_malloc(5000);
        call_free(block);
        call_free(block);
        printf("freed twice\n");
    }
    return strcmp(word, "close") == 0 ? fclose(stderr) : 0;
}
