// SPDX-License-Identifier: MIT
/// The search for the call that takes the most instructions.
#ifndef SEGFIT_REALTIME_SEARCH_H
#define SEGFIT_REALTIME_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

/// Searches a heap in `size` bytes at `memory` in which `blocks` blocks live all the time, and
/// prints the most instructions of each operation: `fixed_…` of scripts that are the same in every
/// heap, `most_…` of all. False if the heap is broken afterwards.
bool search_heap(void *memory, size_t size, unsigned blocks);

#endif
