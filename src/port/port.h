// SPDX-License-Identifier: MIT
/// The contract between malloc and a platform, and the choice of the platform's port.
///
/// Every function of a port keeps errno. None calls malloc, even through the C library, except
/// where the contract permits it. None needs start-up code. docs/malloc.md lists the functions of
/// the C library behind them, with the locks that these take.
///
/// Memory: `port_source`, a segfit_source_t. One of posix.c, wasi.c, emscripten.c and static.c
/// defines it; the others, and each of them compiled on its own, are empty.
///
///     grow(context, min_size, &size)
///         before: the caller entered the heap; min_size > 0
///         after:  returns memory that is malloc's for ever, aligned to SEGFIT_ALIGN, of
///                 `size` >= min_size bytes; or NULL. static.c gives its array once, even if that
///                 is too small
///     extend(context, end, min_size)
///         before: the caller entered the heap; memory that grow or extend gave ends at `end`
///         after:  returns how many bytes follow at `end`, min_size or more; or 0
///     zeroed
///         true if all that memory is zero
///
/// Pages, random numbers, messages: discard.h, random.h, message.h, sanitizers.h.
///
///     port_discard(begin, size)
///         before: the caller entered the heap; nobody needs these bytes
///         after:  the whole pages inside read as zero; returns true if the system took any
///     port_random()
///         after:  returns a random word, or 0 if the system has none
///     port_print_error(text, size)
///         after:  the text is on standard error, past the C library's buffers
///     port_warn_of_sanitizer()
///         after:  a message is on standard error if the program has a sanitizer that cannot see
///                 the heap
///
/// Threads, if SEGFIT_THREADS is 1: thread_word.h, threads.h, reach.h, may_wait.h, lock.h.
///
///     PORT_THREAD_WORD(name)
///         defines port_NAME() and port_set_NAME(word): a word of the calling thread, 0 at first,
///         valid before and after the C library's thread-local storage
///     port_prepare(ended, before_fork, in_parent, in_child)
///         before: the caller has not entered the heap, since the C library may call malloc
///         after:  the process is prepared, once; but not in a thread that the C library does not
///                 know
///     port_is_prepared()
///         after:  returns true if port_prepare has begun
///     port_thread_may_begin(ended)
///         before: port_prepare was called; `ended` is true if the thread words are those of a
///                 thread whose end was reported
///         after:  returns true if the calling thread can call port_thread_begin
///     port_thread_begin()
///         before: port_thread_may_begin was true; the caller has not entered the heap
///         after:  if true, `ended` of port_prepare is called when the thread ends
///     port_reach(high)
///         before: a thread has grown memory up to `high`
///         after:  the calling thread can use memory up to `high`
///     SEGFIT_LOCK_MAY_WAIT()
///         wasm only: true if the calling thread may sleep
#ifndef SEGFIT_PORT_H
#define SEGFIT_PORT_H

// Anonymous memory is beyond what -std=c11 shows.
#if !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE 1
#endif

#include "config.h"

/// Which C library's set of names malloc defines, whatever the port.
#define SEGFIT_NAMES_EMSCRIPTEN 0
#define SEGFIT_NAMES_WASI 0
#define SEGFIT_NAMES_POSIX 0

#if defined(__EMSCRIPTEN__)
#undef SEGFIT_NAMES_EMSCRIPTEN
#define SEGFIT_NAMES_EMSCRIPTEN 1
#elif defined(__wasm__)
#undef SEGFIT_NAMES_WASI
#define SEGFIT_NAMES_WASI 1
#elif defined(__unix__) || defined(__APPLE__)
#undef SEGFIT_NAMES_POSIX
#define SEGFIT_NAMES_POSIX 1
#endif

#define SEGFIT_PORT_STATIC 0
#define SEGFIT_PORT_EMSCRIPTEN 0
#define SEGFIT_PORT_WASI 0
#define SEGFIT_PORT_POSIX 0

#if SEGFIT_MALLOC_STATIC_SIZE > 0
#undef SEGFIT_PORT_STATIC
#define SEGFIT_PORT_STATIC 1
#elif SEGFIT_NAMES_EMSCRIPTEN
#undef SEGFIT_PORT_EMSCRIPTEN
#define SEGFIT_PORT_EMSCRIPTEN 1
#elif SEGFIT_NAMES_WASI
#undef SEGFIT_PORT_WASI
#define SEGFIT_PORT_WASI 1
#elif SEGFIT_NAMES_POSIX
#undef SEGFIT_PORT_POSIX
#define SEGFIT_PORT_POSIX 1
#elif SEGFIT_MALLOC
#error "no port for this system: give SEGFIT_MALLOC_STATIC_SIZE"
#endif

#endif
