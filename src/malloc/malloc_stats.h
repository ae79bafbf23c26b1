// SPDX-License-Identifier: MIT
/// malloc_stats: writes the statistics as text.
///
/// The text is made without stdio, which calls malloc and is many times its size.
#ifndef SEGFIT_MALLOC_STATS_H
#define SEGFIT_MALLOC_STATS_H

#include "core.h"

#include "../port/message.h"

enum {
    PROCESS_TEXT_SIZE = 512,
};

/// A text of bounded size.
typedef struct process_text {
    size_t size;
    char bytes[PROCESS_TEXT_SIZE];
} process_text_t;

static void text_add(process_text_t *text, const char *more)
{
    for (; *more != '\0' && text->size < PROCESS_TEXT_SIZE - 1U; more++) {
        text->bytes[text->size++] = *more;
    }
    text->bytes[text->size] = '\0';
}

/// Adds `before`, the number in decimal, and `after`.
static void text_add_number(process_text_t *text, const char *before, size_t number,
                            const char *after)
{
    char digits[sizeof number * 3 + 1];
    size_t begin = sizeof digits - 1;
    digits[begin] = '\0';
    do {
        digits[--begin] = (char)('0' + number % 10U);
        number /= 10U;
    } while (number != 0);
    text_add(text, before);
    text_add(text, &digits[begin]);
    text_add(text, after);
}

/// Writes the statistics to standard error.
PROCESS_OFFERED void process_malloc_stats(void)
{
    segfit_stats_t stats;
    process_text_t text = {0, ""};
    segfit_malloc_stats(&stats);
    text_add_number(&text, "segfit malloc: ", stats.capacity, " bytes taken");
    text_add_number(&text, "\n  used ", stats.used, " bytes");
    text_add_number(&text, " in ", stats.used_blocks, " blocks");
    text_add_number(&text, ", at most ", stats.peak_used, " bytes");
    text_add_number(&text, "\n  free ", stats.free, " bytes");
    text_add_number(&text, " in ", stats.free_blocks, " blocks");
    text_add_number(&text, ", up to ", stats.largest_alloc, " bytes surely served");
    text_add_number(&text, "\n  ", stats.allocs, " allocated");
    text_add_number(&text, ", ", stats.frees, " freed");
    text_add_number(&text, ", ", stats.failures, " refused");
    text_add_number(&text, ", grown ", stats.grows, " times\n");
    port_print_error(text.bytes, text.size);
}

#endif
