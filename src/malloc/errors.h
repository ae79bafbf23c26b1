// SPDX-License-Identifier: MIT
/// errno, which malloc sets where there is a C library.
#ifndef SEGFIT_MALLOC_ERRORS_H
#define SEGFIT_MALLOC_ERRORS_H

#include "settings.h"

#include "../core/compiler.h"

#if SEGFIT_MALLOC_ERRNO
#include <errno.h>
#define PROCESS_SET_ERRNO(code) (errno = (code))
#else
#if !defined(ENOMEM)
enum {
    EINVAL = 22,
    ENOMEM = 12,
};
#endif
#define PROCESS_SET_ERRNO(code) ((void)(code))
#endif

/// Returns `ptr`; sets errno to ENOMEM if that is NULL.
static inline void *process_result(void *ptr)
{
    if (SEGFIT_UNLIKELY(ptr == NULL)) {
        PROCESS_SET_ERRNO(ENOMEM);
    }
    return ptr;
}

#endif
