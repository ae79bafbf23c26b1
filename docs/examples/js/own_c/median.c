// SPDX-License-Identifier: MIT
// Your own module: its malloc is the pool from which JavaScript allocates. See run.mjs.
#include <stddef.h>

void *malloc(size_t size);
void free(void *pointer);

static void sort(float *values, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const float value = values[i];
        size_t at = i;
        for (; at > 0 && values[at - 1] > value; at--) {
            values[at] = values[at - 1];
        }
        values[at] = value;
    }
}

// Returns an array with the median of each value and its neighbours up to `reach` away, or NULL.
// JavaScript frees it.
__attribute__((export_name("smooth"))) float *smooth(const float *values, size_t count,
                                                     size_t reach)
{
    float *result = malloc(count * sizeof *result);
    float *window = malloc((2 * reach + 1) * sizeof *window);
    for (size_t i = 0; result != NULL && window != NULL && i < count; i++) {
        const size_t begin = i < reach ? 0 : i - reach;
        const size_t end = i + reach < count ? i + reach + 1 : count;
        for (size_t at = begin; at < end; at++) {
            window[at - begin] = values[at];
        }
        sort(window, end - begin);
        result[i] = window[(end - begin) / 2];
    }
    free(window);
    return result;
}
