// SPDX-License-Identifier: MIT
/// The first calls of a program, one of which frees NULL: a thread that does not know yet how far
/// up it sees memory looked at NULL like a block, and trapped.
#include <stdio.h>
#include <stdlib.h>

static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;

int main(void)
{
    call_free(NULL);
    puts("nothing was freed");
    void *const block = call_malloc(100);
    call_free(NULL);
    call_free(block);
    call_free(NULL);
    puts("1 passed, 0 failed");
    return block == NULL;
}
