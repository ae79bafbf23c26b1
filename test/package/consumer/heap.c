// SPDX-License-Identifier: MIT
/// Uses each public header of the heap as a program outside the repository would.
#include <segfit.h>
#include <segfit/growable.h>
#include <segfit/inspect.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

static max_align_t memory[1024];

int main(void)
{
    segfit_t *const heap = segfit_init(memory, sizeof memory, NULL);
    assert(heap != NULL);
    char *const text = segfit_alloc(heap, 6);
    assert(text != NULL);
    memcpy(text, "hello", 6);
    segfit_stats_t stats;
    segfit_stats(heap, &stats);
    assert(stats.used_blocks == 1);
    assert(segfit_check(heap, NULL));
    puts(text);
    segfit_free(heap, text);
    assert(segfit_layout.align == SEGFIT_ALIGN);
    return 0;
}
