// SPDX-License-Identifier: MIT
/// How malloc is compiled: whether at all, and with which alignment.
///
/// Include it before segfit.h, whose alignment has another default. The knobs of malloc stand in
/// include/segfit/malloc_config.h; malloc/core.h checks their ranges.
#ifndef SEGFIT_PORT_CONFIG_H
#define SEGFIT_PORT_CONFIG_H

#include "../../include/segfit/malloc_config.h"

/// 1 compiles src/malloc/malloc.c to a malloc; 0, the default, to nothing.
#ifndef SEGFIT_MALLOC
#define SEGFIT_MALLOC 0
#endif

/// Payload alignment of this malloc, 8 or 16: the platform's ABI decides. Emscripten aligns long
/// double, and so max_align_t, to 8 although the hardware's widest type is 16.
#ifndef SEGFIT_ALIGN
#if defined(__EMSCRIPTEN__) || __BIGGEST_ALIGNMENT__ < 16
#define SEGFIT_ALIGN 8
#else
#define SEGFIT_ALIGN 16
#endif
#endif

#endif
