// SPDX-License-Identifier: MIT
/// Calls malloc by its usual name and finds the block in segfit's heap. The small library has no
/// figures but capacity.
#include <segfit/malloc.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIZE = 100000
};

int main(void)
{
    segfit_stats_t before;
    segfit_stats_t after;
    segfit_malloc_stats(&before);
    char *volatile const bytes = (char *)malloc(SIZE);
    assert(bytes != NULL);
    memset(bytes, 7, SIZE);
    segfit_malloc_stats(&after);
    assert(after.capacity >= SIZE);
    assert(after.used == 0 || after.used >= before.used + SIZE);
    assert(segfit_malloc_check(NULL));
    printf("%zu bytes in use\n", after.used);
    free(bytes);
    return 0;
}
