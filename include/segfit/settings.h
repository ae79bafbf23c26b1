// SPDX-License-Identifier: MIT
/// Link-time check of settings: a program and a library with different settings do not link.
///
/// The settings are part of the functions' names for the linker. An object that includes segfit.h
/// does not refer to `segfit_init`, but to
///
///     segfit_init__for_SEGFIT_ALIGN_16__segfit_0_1
///
/// If the program is compiled with one of the library's settings, such as -DSEGFIT_CHECK=4, its
/// objects refer to
///
///     segfit_init__for_SEGFIT_ALIGN_16_CHECK_4_STATS_1_EVENTS_0_FIXED_0__segfit_0_1
///
/// where each setting that was not given has its default. A library defines both names, with its
/// own values. If the values differ, the linker misses a name, and that name shows the settings of
/// the program. The library also defines `segfit_init`, for other languages and for exports.
///
/// Part of segfit.h, which includes it. Programs do not use this header.
#ifndef SEGFIT_SETTINGS_H
#define SEGFIT_SETTINGS_H

// Objects refer to the plain C names if the program defines SEGFIT_API itself, and on Apple's
// systems, whose object files have no aliases. The library's sources define SEGFIT_LINK before they
// include this.
#if !defined(SEGFIT_LINK)
#if defined(__GNUC__) && !defined(__APPLE__) && !defined(SEGFIT_API)
#define SEGFIT_LINK(name) SEGFIT_SETTINGS_PRAGMA(redefine_extname name SEGFIT_SETTINGS_ASKED(name))
#else
#define SEGFIT_LINK(name)
#endif
#endif
#if !defined(SEGFIT_LINK_MALLOC)
#if defined(__GNUC__) && !defined(__APPLE__) && !defined(SEGFIT_MALLOC_API)
#define SEGFIT_LINK_MALLOC(name) \
    SEGFIT_SETTINGS_PRAGMA(redefine_extname name SEGFIT_SETTINGS_ASKED_MALLOC(name))
#else
#define SEGFIT_LINK_MALLOC(name)
#endif
#endif

#define SEGFIT_SETTINGS_PRAGMA(words) SEGFIT_SETTINGS_PRAGMA_EXPANDED(words)
#define SEGFIT_SETTINGS_PRAGMA_EXPANDED(words) _Pragma(#words)

// ----------------------------------------------------------------------------------------- asked

// The names that this object asks for: the long ones where it is compiled with a setting of the
// sources. They have all settings, so that those that were not given need their defaults.
#if defined(SEGFIT_CHECK) || defined(SEGFIT_STATS) || defined(SEGFIT_EVENTS)
#define SEGFIT_SETTINGS_ASKED(name) SEGFIT_SETTINGS_LONG(name)
#define SEGFIT_SETTINGS_ASKED_MALLOC(name) SEGFIT_SETTINGS_LONG_MALLOC(name)
#include "config.h"
#elif defined(SEGFIT_FIXED_ROWS) || defined(SEGFIT_FIXED_SEARCH)
#define SEGFIT_SETTINGS_ASKED(name) SEGFIT_SETTINGS_LONG(name)
#define SEGFIT_SETTINGS_ASKED_MALLOC(name) SEGFIT_SETTINGS_SHORT_MALLOC(name)
#include "config.h"
#else
#define SEGFIT_SETTINGS_ASKED(name) SEGFIT_SETTINGS_SHORT(name)
#define SEGFIT_SETTINGS_ASKED_MALLOC(name) SEGFIT_SETTINGS_SHORT_MALLOC(name)
#endif

// ---------------------------------------------------------------------------------------- values

// Each setting as digits that can be part of a name, since its value may be any expression.
#if SEGFIT_ALIGN == 16
#define SEGFIT_SETTINGS_ALIGN 16
#else
#define SEGFIT_SETTINGS_ALIGN 8
#endif

// Only long names have the other settings.
#if defined(SEGFIT_CONFIG_H)

#if SEGFIT_CHECK == 0
#define SEGFIT_SETTINGS_CHECK 0
#elif SEGFIT_CHECK == 1
#define SEGFIT_SETTINGS_CHECK 1
#elif SEGFIT_CHECK == 2
#define SEGFIT_SETTINGS_CHECK 2
#elif SEGFIT_CHECK == 3
#define SEGFIT_SETTINGS_CHECK 3
#else
#define SEGFIT_SETTINGS_CHECK 4
#endif

#if SEGFIT_STATS
#define SEGFIT_SETTINGS_STATS 1
#else
#define SEGFIT_SETTINGS_STATS 0
#endif

#if SEGFIT_EVENTS
#define SEGFIT_SETTINGS_EVENTS 1
#else
#define SEGFIT_SETTINGS_EVENTS 0
#endif

// The two digits of the number of rows.
#if SEGFIT_FIXED_ROWS < 10
#define SEGFIT_SETTINGS_TENS
#elif SEGFIT_FIXED_ROWS < 20
#define SEGFIT_SETTINGS_TENS 1
#elif SEGFIT_FIXED_ROWS < 30
#define SEGFIT_SETTINGS_TENS 2
#elif SEGFIT_FIXED_ROWS < 40
#define SEGFIT_SETTINGS_TENS 3
#elif SEGFIT_FIXED_ROWS < 50
#define SEGFIT_SETTINGS_TENS 4
#elif SEGFIT_FIXED_ROWS < 60
#define SEGFIT_SETTINGS_TENS 5
#else
#define SEGFIT_SETTINGS_TENS 6
#endif

#if SEGFIT_FIXED_ROWS % 10 == 0
#define SEGFIT_SETTINGS_UNITS 0
#elif SEGFIT_FIXED_ROWS % 10 == 1
#define SEGFIT_SETTINGS_UNITS 1
#elif SEGFIT_FIXED_ROWS % 10 == 2
#define SEGFIT_SETTINGS_UNITS 2
#elif SEGFIT_FIXED_ROWS % 10 == 3
#define SEGFIT_SETTINGS_UNITS 3
#elif SEGFIT_FIXED_ROWS % 10 == 4
#define SEGFIT_SETTINGS_UNITS 4
#elif SEGFIT_FIXED_ROWS % 10 == 5
#define SEGFIT_SETTINGS_UNITS 5
#elif SEGFIT_FIXED_ROWS % 10 == 6
#define SEGFIT_SETTINGS_UNITS 6
#elif SEGFIT_FIXED_ROWS % 10 == 7
#define SEGFIT_SETTINGS_UNITS 7
#elif SEGFIT_FIXED_ROWS % 10 == 8
#define SEGFIT_SETTINGS_UNITS 8
#else
#define SEGFIT_SETTINGS_UNITS 9
#endif

#if SEGFIT_FIXED_COLUMNS_LOG2 == 0
#define SEGFIT_SETTINGS_COLUMNS 1
#elif SEGFIT_FIXED_COLUMNS_LOG2 == 1
#define SEGFIT_SETTINGS_COLUMNS 2
#elif SEGFIT_FIXED_COLUMNS_LOG2 == 2
#define SEGFIT_SETTINGS_COLUMNS 4
#elif SEGFIT_FIXED_COLUMNS_LOG2 == 3
#define SEGFIT_SETTINGS_COLUMNS 8
#elif SEGFIT_FIXED_COLUMNS_LOG2 == 4
#define SEGFIT_SETTINGS_COLUMNS 16
#else
#define SEGFIT_SETTINGS_COLUMNS 32
#endif

#if SEGFIT_FIXED_ROWS
#define SEGFIT_SETTINGS_GEOMETRY                                                \
    SEGFIT_SETTINGS_JOIN4(SEGFIT_SETTINGS_JOIN2(_FIXED_, SEGFIT_SETTINGS_TENS), \
                          SEGFIT_SETTINGS_UNITS,                                \
                          SEGFIT_SETTINGS_JOIN2(_, SEGFIT_SETTINGS_COLUMNS),    \
                          SEGFIT_SETTINGS_JOIN2(_, SEGFIT_FIXED_POLICY))
#elif SEGFIT_FIXED_SEARCH
#define SEGFIT_SETTINGS_GEOMETRY                                                           \
    SEGFIT_SETTINGS_JOIN4(_FIXED_, any, SEGFIT_SETTINGS_JOIN2(_, SEGFIT_SETTINGS_COLUMNS), \
                          SEGFIT_SETTINGS_JOIN2(_, SEGFIT_FIXED_POLICY))
#else
#define SEGFIT_SETTINGS_GEOMETRY _FIXED_0
#endif

#endif

// ----------------------------------------------------------------------------------------- names

#define SEGFIT_SETTINGS_JOIN2(a, b) SEGFIT_SETTINGS_JOIN2_EXPANDED(a, b)
#define SEGFIT_SETTINGS_JOIN2_EXPANDED(a, b) a##b
#define SEGFIT_SETTINGS_JOIN4(a, b, c, d) \
    SEGFIT_SETTINGS_JOIN2(SEGFIT_SETTINGS_JOIN2(a, b), SEGFIT_SETTINGS_JOIN2(c, d))

/// `name` with the version of the library.
#define SEGFIT_SETTINGS_VERSIONED(name)                          \
    SEGFIT_SETTINGS_JOIN4(name, __segfit_, SEGFIT_VERSION_MAJOR, \
                          SEGFIT_SETTINGS_JOIN2(_, SEGFIT_VERSION_MINOR))

/// `name` with the alignment, which every program knows from segfit.h.
#define SEGFIT_SETTINGS_ALIGNED(name) \
    SEGFIT_SETTINGS_JOIN2(name##__for_SEGFIT_ALIGN_, SEGFIT_SETTINGS_ALIGN)

/// `name`, which ends in an alignment, with the settings that are known to the library's sources.
#define SEGFIT_SETTINGS_CHECKED(name)                                                  \
    SEGFIT_SETTINGS_JOIN4(name, SEGFIT_SETTINGS_JOIN2(_CHECK_, SEGFIT_SETTINGS_CHECK), \
                          SEGFIT_SETTINGS_JOIN2(_STATS_, SEGFIT_SETTINGS_STATS),       \
                          SEGFIT_SETTINGS_JOIN2(_EVENTS_, SEGFIT_SETTINGS_EVENTS))

/// The two names of a heap's function: without and with the settings of the library's sources.
#define SEGFIT_SETTINGS_SHORT(name) SEGFIT_SETTINGS_VERSIONED(SEGFIT_SETTINGS_ALIGNED(name))
#define SEGFIT_SETTINGS_LONG(name)                   \
    SEGFIT_SETTINGS_VERSIONED(SEGFIT_SETTINGS_JOIN2( \
        SEGFIT_SETTINGS_CHECKED(SEGFIT_SETTINGS_ALIGNED(name)), SEGFIT_SETTINGS_GEOMETRY))

/// The two names of a function of malloc, which chooses alignment and geometry by itself.
#define SEGFIT_SETTINGS_SHORT_MALLOC(name) SEGFIT_SETTINGS_VERSIONED(name)
#define SEGFIT_SETTINGS_LONG_MALLOC(name) \
    SEGFIT_SETTINGS_VERSIONED(SEGFIT_SETTINGS_CHECKED(name##__for_SEGFIT))

#endif
