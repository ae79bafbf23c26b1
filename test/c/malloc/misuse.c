// SPDX-License-Identifier: MIT
/// Hands free and realloc a pointer that they must not take: the first argument says which. The
/// default traps; a program with a segfit_panic of its own (REPORTS) hears what is wrong, and goes
/// on.
#include <malloc.h>
#include <segfit/malloc.h>
#include <segfit/malloc_family.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;
static void *(*volatile call_realloc)(void *, size_t) = realloc;
static size_t (*volatile call_usable_size)(void *) = malloc_usable_size;
static void (*volatile call_free_sized)(void *, size_t) = free_sized;
static void (*volatile call_free_aligned_sized)(void *, size_t, size_t) = free_aligned_sized;

#if defined(REPORTS)
void segfit_panic(segfit_fault_code_t code, const segfit_t *heap, const void *ptr)
{
    (void)ptr;
    printf("fault %d, %s\n", (int)code,
           heap == segfit_malloc_heap() ? "this heap" : "another heap");
}
#endif

/// No crime: a live block that holds, byte for byte, what it held while it was free.
static void forge(void *block)
{
    unsigned char bytes[100];
    volatile unsigned char *const freed = block;
    call_free(block);
    for (int i = 0; i < 100; i++) {
        bytes[i] = freed[i];
    }
    void *const again = call_malloc(100);
    if (again != block) {
        printf("another block came back\n");
        exit(2);
    }
    memcpy(again, bytes, sizeof bytes);
    call_free(again);
}

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
    } else if (strcmp(crime, "deep") == 0) {
        // Others of its size were freed since.
        call_free(block);
        call_free(behind);
        call_free(block);
    } else if (strcmp(crime, "flushed") == 0) {
        call_free(block);
        segfit_malloc_flush();
        call_free(block);
    } else if (strcmp(crime, "large") == 0) {
        char *const large = call_malloc(100000);
        call_free(large);
        call_free(large);
    } else if (strcmp(crime, "usable") == 0) {
        call_free(block);
        printf("usable size is %d\n", (int)call_usable_size(block));
    } else if (strcmp(crime, "forged") == 0) {
        forge(block);
    } else if (strcmp(crime, "realloc") == 0) {
        call_free(block);
        printf("realloc says %s\n", call_realloc(block, 200) == NULL ? "NULL" : "a block");
    } else if (strcmp(crime, "outside") == 0) {
        call_free(outside + 16 - (uintptr_t)outside % 16);
    } else if (strcmp(crime, "inside") == 0) {
        call_free(block + 32);
    } else if (strcmp(crime, "misaligned") == 0) {
        call_free(block + 1);
    } else if (strcmp(crime, "sized") == 0) {
        call_free_sized(block, 200);
    } else if (strcmp(crime, "alignment") == 0) {
        call_free_aligned_sized(block, (size_t)1 << (8 * sizeof(size_t) - 1), 100);
    } else if (strcmp(crime, "link") == 0) {
        // The block that malloc would return after the newest one.
        void *const forged = outside + 16 - (uintptr_t)outside % 16;
        call_free(block);
        call_free(behind);
        memcpy(behind, &forged, sizeof forged);
        if (call_malloc(100) == behind && call_malloc(100) == forged) {
            printf("malloc returned a forged block\n");
        }
    } else if (strcmp(crime, "mark") == 0) {
        call_free(block);
        call_free(behind);
        behind[sizeof(void *)] ^= 1;
        call_malloc(100);
    } else if (strcmp(crime, "none") != 0) {
        return 2;
    }
    printf("went on, the heap is %s\n", segfit_malloc_check(NULL) ? "sound" : "broken");
    return 0;
}
