// SPDX-License-Identifier: MIT
/// For ways of linking: malloc, what the C library allocates and what Emscripten's own parts
/// allocate come from one segfit heap, and each may be freed by the other's name.
#include <segfit/malloc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__EMSCRIPTEN__)
void *emscripten_builtin_malloc(size_t size);
void emscripten_builtin_free(void *ptr);
#else
#define emscripten_builtin_malloc malloc
#define emscripten_builtin_free free
#endif

enum {
    SIZE = 5000,
    LARGE = 20000000,
};

static size_t used(void)
{
    segfit_stats_t stats;
    segfit_malloc_stats(&stats);
    return stats.used;
}

static int failed;

static void check(bool right, const char *text)
{
    if (!right) {
        failed++;
        printf("wrong: %s\n", text);
    }
}

static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;

int main(void)
{
    static char text[SIZE];
    memset(text, 'a', SIZE - 1);
    call_free(call_malloc(1));
    const size_t before = used();

    void *const ours = call_malloc(SIZE);
    check(used() >= before + SIZE, "malloc is not segfit's");
    char *const copy = strdup(text);
    check(used() >= before + 2 * SIZE, "strdup allocates elsewhere");
    void *const builtin = emscripten_builtin_malloc(SIZE);
    check(used() >= before + 3 * SIZE, "the C library's own malloc is another");
    char *const large = call_malloc(LARGE);
    check(large != NULL && used() >= before + LARGE, "memory does not grow");
    if (large != NULL) {
        memset(large, 1, LARGE);
    }

    emscripten_builtin_free(ours);
    call_free(builtin);
    call_free(copy);
    call_free(large);
    check(used() == before, "something is not given back");
    check(segfit_malloc_check(NULL), "the heap is not sound");
    printf(failed == 0 ? "one heap\n" : "%d wrong\n", failed);
    return failed;
}
