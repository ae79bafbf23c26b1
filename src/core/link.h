// SPDX-License-Identifier: MIT
/// Names for the linker. Each source includes this file first.
///
/// A public function has three names: its own, and two that contain the settings that its callers
/// must share (segfit/settings.h). A function that crosses files inside the library has the long
/// name only, so that objects of one library with different settings do not link.
#ifndef SEGFIT_LINK_H
#define SEGFIT_LINK_H

#include "../../include/segfit/config.h"

/// 1 where this source is compiled on its own, for others to link. 0 where it is part of a larger
/// file, which declares the functions before it includes this source.
#if defined(SEGFIT_API) || defined(SEGFIT_LINK)
#define SEGFIT_IS_LINKED 0
#else
#define SEGFIT_IS_LINKED 1
#endif

/// Gives `name`, which this file defines, another name as well.
#define SEGFIT_ALSO_NAMED(name, tag, other) \
    extern __typeof__(name) name##tag __asm__(SEGFIT_STRING(other)) __attribute__((alias(#name)));
#define SEGFIT_STRING(words) SEGFIT_STRING_EXPANDED(words)
#define SEGFIT_STRING_EXPANDED(words) #words

#if !defined(__APPLE__) && !defined(SEGFIT_LINK)
#define SEGFIT_PUBLISH_MALLOC(name)                                      \
    SEGFIT_ALSO_NAMED(name, __short, SEGFIT_SETTINGS_SHORT_MALLOC(name)) \
    SEGFIT_ALSO_NAMED(name, __long, SEGFIT_SETTINGS_LONG_MALLOC(name))
#else
#define SEGFIT_PUBLISH_MALLOC(name)
#endif

#if !defined(__APPLE__) && SEGFIT_IS_LINKED
#define SEGFIT_PUBLISH(name)                                      \
    SEGFIT_ALSO_NAMED(name, __short, SEGFIT_SETTINGS_SHORT(name)) \
    SEGFIT_ALSO_NAMED(name, __long, SEGFIT_SETTINGS_LONG(name))
#define SEGFIT_LINK_INTERNAL(name) \
    SEGFIT_SETTINGS_PRAGMA(redefine_extname name SEGFIT_SETTINGS_LONG(name))
#else
#define SEGFIT_PUBLISH(name)
#define SEGFIT_LINK_INTERNAL(name)
#endif

// The sources define the functions under their own names.
#if !defined(SEGFIT_LINK)
#define SEGFIT_LINK(name)
#define SEGFIT_LINK_MALLOC(name)
#endif

#endif
