// SPDX-License-Identifier: MIT
/// Hands free and realloc a pointer that they must not take: the first argument says which. The
/// default traps; a program with a segfit_panic of its own (REPORTS) hears what is wrong, and goes
/// on.
#include <segfit/malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;
static void *(*volatile call_realloc)(void *, size_t) = realloc;

#if defined(REPORTS)
void segfit_panic(segfit_fault_code_t code, const segfit_t *heap, const void *ptr)
{
    (void)ptr;
    printf("fault %d, %s\n", (int)code,
           heap == segfit_malloc_heap() ? "this heap" : "another heap");
}
#endif

int main(int argc, char **argv)
{
    static char outside[64];
    const char *const crime = argc > 1 ? argv[1] : "";
    char *const block = call_malloc(100);
    char *const behind = call_malloc(100);
    memset(block, 0, 100);
    memset(behind, 0, 100);
    if (strcmp(crime, "double") == 0) {
        call_free(block);
        call_free(block);
    } else if (strcmp(crime, "realloc") == 0) {
        call_free(block);
        printf("realloc says %s\n", call_realloc(block, 200) == NULL ? "NULL" : "a block");
    } else if (strcmp(crime, "outside") == 0) {
        call_free(outside + 16 - (uintptr_t)outside % 16);
    } else if (strcmp(crime, "inside") == 0) {
        call_free(block + 32);
    } else if (strcmp(crime, "misaligned") == 0) {
        call_free(block + 1);
    } else if (strcmp(crime, "none") != 0) {
        return 2;
    }
    printf("went on, the heap is %s\n", segfit_malloc_check(NULL) ? "sound" : "broken");
    return 0;
}
