// SPDX-License-Identifier: MIT
/// A small program for ways of linking in which it must only run, and run right, whichever malloc
/// wins: sanitizers, dynamic linking, wrapped functions.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *(*volatile call_malloc)(size_t) = malloc;
static void *(*volatile call_aligned_alloc)(size_t, size_t) = aligned_alloc;

#if defined(WRAPPED)
// -Wl,--wrap=malloc: each call goes through here first.
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
static int wrapped;

void *__wrap_malloc(size_t size)
{
    wrapped++;
    return __real_malloc(size);
}
#elif defined(REPLACED)
// A program's own malloc, on top of the one beneath.
void *emscripten_builtin_malloc(size_t size);
static int wrapped;

void *malloc(size_t size)
{
    wrapped++;
    return emscripten_builtin_malloc(size);
}
#else
static int wrapped = 1;
#endif

int main(void)
{
    char *text = NULL;
    size_t sum = 0;
    for (size_t i = 1; i < 2000; i++) {
        char *const longer = realloc(text, i * 10);
        if (longer == NULL) {
            return 1;
        }
        text = longer;
        memset(text + (i - 1) * 10, (int)('a' + i % 26), 10);
        void *const other = call_malloc(i);
        void *const aligned = call_aligned_alloc(64, i * 64);
        sum += (size_t)aligned % 64;
        free(other);
        free(aligned);
    }
    for (size_t i = 0; i < 19990; i++) {
        sum += (size_t)text[i];
    }
    free(text);
    printf("%zu %s\n", sum, wrapped > 0 ? "right" : "not wrapped");
    return 0;
}
