// SPDX-License-Identifier: MIT
/// The kinds of damage that are injected, and the ends of a trial. The scripts beside read both
/// lists here.
#ifndef SEGFIT_CORRUPTION_KINDS_H
#define SEGFIT_CORRUPTION_KINDS_H

/// X(name, group, what it is).
#define KINDS(X)                                                                                  \
    X(bit_after, overflow, "1 bit behind a block")                                                \
    X(bytes_after, overflow, "8 random bytes behind a block")                                     \
    X(nul_after, overflow, "a 0 behind a block (off by one)")                                     \
    X(overflow_random, overflow, "1 to 64 random bytes behind a block")                           \
    X(overflow_a, overflow, "16 to 64 bytes of 0x41 behind a block")                              \
    X(bit_before, overflow, "1 bit before a block")                                               \
    X(freed_word, freed, "a word written into a freed block")                                     \
    X(link_bit, freed, "1 bit of a free block's links")                                           \
    X(link_word, freed, "a free block's link overwritten")                                        \
    X(double_free, pointer, "double free, at once")                                               \
    X(double_free_later, pointer, "double free, later, memory not used again")                    \
    X(free_interior, pointer, "free of an address inside a block")                                \
    X(free_misaligned, pointer, "free of a misaligned address")                                   \
    X(free_static, pointer, "free of static memory with bytes like a size")                       \
    X(free_stack, pointer, "free of the stack")                                                   \
    X(free_other, pointer, "free of another heap's block")                                        \
    X(free_wild, pointer, "free of an address never given")                                       \
    X(used_header_bit, header, "1 bit of a used block's header")                                  \
    X(free_header_bit, header, "1 bit of a free block's header")                                  \
    X(used_header_word, header, "a used block's header overwritten")                              \
    X(free_header_word, header, "a free block's header overwritten")                              \
    X(header_like_size, header, "a header overwritten by another size")                           \
    X(footer_bit, header, "1 bit of a free block's footer")                                       \
    X(footer_word, header, "a free block's footer overwritten")                                   \
    X(geometry_bit, control, "1 bit of the geometry")                                             \
    X(pools_bit, control, "1 bit of the list of pools")                                           \
    X(bounds_bit, control, "1 bit of the bounds")                                                 \
    X(row_bit, control, "1 bit of the row bitmap")                                                \
    X(column_bit, control, "1 bit of the column bitmaps")                                         \
    X(head_bit, control, "1 bit of the list heads")                                               \
    X(control_word, control, "a word of bounds, bitmaps or heads overwritten")                    \
    X(unlink_outside, attack, "unlink: forged free block behind, target outside the pool")        \
    X(unlink_inside, attack, "unlink: forged free block behind, target inside the pool")          \
    X(forged_before, attack, "unlink: forged free block before, target outside the pool")         \
    X(forged_list, attack, "forged free block before, links that lead to forged blocks and back") \
    X(forged_used, attack, "free of a forged used block inside a block")

typedef enum kind {
#define X(name, group, text) KIND_##name,
    KINDS(X)
#undef X
    KIND_COUNT
} kind_t;

/// X(name, what it means).
#define ENDS(X)                                            \
    X(none, "no effect")                                   \
    X(detected, "segfit_panic was called before any harm") \
    X(trapped, "the machine trapped, or time ran out")     \
    X(harmful, "harm, and nothing told")                   \
    X(skipped, "no block that the injection needs")        \
    X(broken, "harm or a panic before anything was injected")

typedef enum end {
#define X(name, text) END_##name,
    ENDS(X)
#undef X
} end_t;

/// X(name, what it means).
#define HARMS(X)                                               \
    X(unknown, "")                                             \
    X(contents, "a live block's bytes changed")                \
    X(overlap, "a block was given that overlaps a live one")   \
    X(misaligned, "a block was given that is not aligned")     \
    X(outside, "a block was given that lies outside the pool") \
    X(zone, "bytes outside the heap's memory were written")    \
    X(capacity, "all freed, the pool is not one block")        \
    X(target, "the word that the attacker chose was written")

typedef enum harm {
#define X(name, text) HARM_##name,
    HARMS(X)
#undef X
} harm_t;

/// A result as one number: how it ended, what harm or which fault code, and whether the call that
/// was given the bad pointer told.
#define RESULT(end, detail) ((unsigned)(end) | (unsigned)(detail) << 3)
#define RESULT_AT_CALL 128U
#define RESULT_MOST 256U

#endif
