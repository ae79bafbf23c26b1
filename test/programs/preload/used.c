// SPDX-License-Identifier: MIT
/// Says whose malloc it has; with the argument "twice" it frees a block twice.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;

int main(int argc, char **argv)
{
    (void)argv;
    const size_t before = mallinfo2().uordblks;
    void *const block = call_malloc(5000);
    const size_t more = mallinfo2().uordblks - before;
    const int ours = dlsym(RTLD_DEFAULT, "segfit_malloc_stats") != NULL;
    printf("%s\n", more < 5000 ? "figures of another heap" : ours ? "segfit" : "another malloc");
    fflush(stdout);
    call_free(block);
    if (argc > 1) {
        call_free(block);
        printf("freed twice\n");
    }
    return 0;
}
