// SPDX-License-Identifier: MIT
/// The functions of malloc.c, for those that are made of them and for the names.
#ifndef SEGFIT_MALLOC_FUNCTIONS_H
#define SEGFIT_MALLOC_FUNCTIONS_H

#include "settings.h"

PROCESS_OFFERED void *process_alloc(size_t size);
PROCESS_OFFERED void process_free(void *ptr);
PROCESS_OFFERED void *process_calloc(size_t count, size_t size);
PROCESS_OFFERED void *process_realloc(void *ptr, size_t size);
PROCESS_OFFERED void *process_aligned_alloc(size_t alignment, size_t size);
PROCESS_OFFERED int process_posix_memalign(void **memory, size_t alignment, size_t size);
PROCESS_OFFERED size_t process_usable_size(void *ptr);

#endif
