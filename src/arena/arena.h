// SPDX-License-Identifier: MIT
/// An arena: the C side of a JavaScript Pool, a heap with the words that its region begins with.
///
///     region  │ · │ arena: mark, lock, deferred … │ heap: control structure │ one pool of blocks │
///           begin                                                             begin + length
///
/// The whole state of a pool lies here, so that any thread and any wasm module with the memory can
/// use it. The heap ends where the region does and grows with the memory.
///
/// A **plain** arena (`options` 0) costs one compare a call. Other arenas take the slower path:
/// `SHARED` locks; `TAGS` and `DEBUG` keep a trailer in the last bytes of each block; `TRACED`
/// writes a ring.
#ifndef SEGFIT_ARENA_H
#define SEGFIT_ARENA_H

#include "../../include/segfit/inspect.h"

/// The words of an arena: name and meaning.
#define ARENA_WORDS(X)                                                                    \
    X(mark, "ARENA_MARK while the arena lives; it holds the layout's version")            \
    X(lock, "of a shared arena, as src/port/lock.h has it")                               \
    X(deferred, "the block handed back last by freeDeferred; each begins with the next")  \
    X(options, "arena_option bits")                                                       \
    X(begin, "where the region begins")                                                   \
    X(length, "the region's bytes")                                                       \
    X(most, "to how many bytes it may grow")                                              \
    X(ring, "the ring to which a traced arena writes, or 0")                              \
    X(threads, "how many attached")                                                       \
    X(invariant, "result of arena_check: the number of the invariant that does not hold") \
    X(where, "and the place; 0 for a block whose trailer was overwritten, which has none")

/// The alignment of blocks, SEGFIT_ALIGN in the modules.
#define SEGFIT_MODULE_ALIGN 8

/// The first word of an arena. It stands for the format of these words and of the heap.
#define ARENA_MARK 0x31504753U
/// The bytes of an arena before its heap; a multiple of 16.
#define ARENA_SIZE 64U

/// A fourth state of the lock beside those of src/port/lock.h. The lock was held for seconds, so
/// that its holder counts as dead, or the arena ended while it was held. Only a release by the
/// holder ends this state.
#define ARENA_ABANDONED 3U

/// The bytes of a block beyond the bytes requested, with tags and with guards.
#define ARENA_TAG_SIZE 1U
#define ARENA_GUARD_SIZE 16U

/// Bits of `options`.
#define ARENA_OPTIONS(X)                                               \
    X(1, shared, "several threads use it")                             \
    X(2, tags, "a block's last byte is its tag")                       \
    X(4, debug, "a block ends in a guard, and freed bytes are filled") \
    X(8, traced, "there is a ring")                                    \
    X(16, clean, "arena_make alone reads it: no heap was in the region before")

/// Bits of the `flags` of a call; the byte above them is a tag.
#define ARENA_FLAGS(X)                                \
    X(1, try, "gives up where it would have to wait") \
    X(2, zero, "fills the payload with zeros")        \
    X(4, tagged, "the byte above is the block's tag, bits 8 to 15")

/// The codes that segfit_panic receives beside those of segfit.h.
#define ARENA_FAULTS(X)                          \
    X(16, gone, "another thread ended the pool") \
    X(17, busy, "the lock is abandoned")

/// The events of a ring.
#define ARENA_EVENTS(X)                                          \
    X(1, alloc, "a block was given out")                         \
    X(2, free, "a block was given back")                         \
    X(3, realloc, "a block changed its size, perhaps its place") \
    X(4, fail, "no room was found")                              \
    X(5, grow, "the region grew")                                \
    X(6, reset, "all blocks were forgotten")

/// The words of an event in a ring.
#define RING_WORDS(X)                                                         \
    X(seq, "the event's number plus 1; 0 while it is written")                \
    X(kind, "of ARENA_EVENTS; the tag in bits 8 to 15")                       \
    X(pointer, "where the block is or was; where the added bytes begin")      \
    X(previous, "realloc: where it was before")                               \
    X(size, "bytes asked for; held by the freed block; added")                \
    X(align, "asked for")                                                     \
    X(thread, "0 for the one that made the pool, then in order of attaching") \
    X(reserved, "0")

/// The words before a ring's events.
#define RING_HEADER(X)                      \
    X(capacity, "how many events it holds") \
    X(next, "the number of the next event")

#define X(number, name, text) ARENA_##name = number,
enum arena_option {
    ARENA_OPTIONS(X)
};
enum arena_event {
    ARENA_EVENTS(X)
};
#undef X
#define X(number, name, text) ARENA_FLAG_##name = number,
enum arena_flag {
    ARENA_FLAGS(X)
};
#undef X
#define X(number, name, text) ARENA_FAULT_##name = number,
enum arena_fault {
    ARENA_FAULTS(X)
};
#undef X

#endif
