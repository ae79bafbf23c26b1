// SPDX-License-Identifier: MIT
/// Small programs that misuse malloc, each run in a process or an instance of its own: what they
/// do, and how a run can end. The scripts beside read the lists here.
#ifndef SEGFIT_CORRUPTION_PROGRAMS_H
#define SEGFIT_CORRUPTION_PROGRAMS_H

/// X(name, group, what the program does). The 42 kinds of the security programs of mimalloc-bench,
/// by their names there without the word "invalid"; group `size`: run with blocks of 8, 4,096 and
/// 262,144 bytes.
#define PROGRAMS(X)                                                                              \
    X(one_byte_overflow, size, "1 byte behind a block changed, then freed")                      \
    X(one_byte_underflow, size, "1 byte before a block changed, then freed")                     \
    X(bytes_32_overflow, size, "the 32nd byte behind a block changed, then freed")               \
    X(bytes_32_underflow, size, "the 32nd byte before a block changed, then freed")              \
    X(mbyte_overflow, size, "a byte 1 MiB behind a block changed, then freed")                   \
    X(mbyte_underflow, size, "a byte 1 MiB before a block changed, then freed")                  \
    X(one_byte_memcpy_overflow, size, "zeros copied over a block and 1 byte behind")             \
    X(one_byte_memcpy_underflow, size, "zeros copied from 1 byte before a block")                \
    X(bytes_32_memcpy_overflow, size, "zeros copied over a block and 32 bytes behind")           \
    X(bytes_32_memcpy_underflow, size, "zeros copied from 32 bytes before a block")              \
    X(mbyte_memcpy_overflow, size, "zeros copied over a block and 1 MiB behind")                 \
    X(mbyte_memcpy_underflow, size, "zeros copied from 1 MiB before a block")                    \
    X(double_free, size, "freed twice in a row")                                                 \
    X(double_free_delayed, size, "freed again after 1,024 mallocs and frees of the size")        \
    X(double_free_interleaved, size, "freed again after another block was freed")                \
    X(double_free_reuse, size, "freed twice, then 4,096 mallocs and frees of the size")          \
    X(double_free_single_reuse, size, "freed again when a new block has the address")            \
    X(free_small_address, once, "free of the address 1")                                         \
    X(free_alloca, size, "free of memory on the stack (alloca)")                                 \
    X(free_stack, size, "free of an array on the stack")                                         \
    X(free_close, size, "free of an address 4 KiB behind a block's")                             \
    X(free_far, size, "free of an address 1 GiB behind a block's")                               \
    X(free_unaligned, size, "free of an address 1 byte behind a block's")                        \
    X(free_unaligned_multiple, size, "free of an address 8 bytes behind a block's")              \
    X(write_after_free, size, "a freed block filled with 'A'")                                   \
    X(write_after_free_reuse, size, "the same, then 4,096 mallocs and frees of the size")        \
    X(write_zero_size, once, "a byte written to a block of 0 bytes")                             \
    X(write_zero_size_free, once, "a byte written to a block of 0 bytes, then freed")            \
    X(read_zero_size, once, "a byte read from a block of 0 bytes")                               \
    X(read_zero_size_free, once, "a byte read from a block of 0 bytes, then freed")              \
    X(array_delete_char, once, "C++: new char, freed as an array")                               \
    X(array_delete_string, once, "C++: new of an object, freed as an array that has a count")    \
    X(delete_array_char, once, "C++: new char[], freed as one char")                             \
    X(delete_array_string, once, "C++: new of an array that has a count, freed as an object")    \
    X(delete_size_mismatch, once, "C++: new char, freed as an object of 72 bytes")               \
    X(impossibly_large, once, "malloc of SIZE_MAX - 1 bytes")                                    \
    X(executable_heap, once, "a block's bytes called as code")                                   \
    X(malloc_reuse, size, "the address of a freed block comes back at once")                     \
    X(malloc_reuse_downsize, size, "the address of a freed block comes back for half the bytes") \
    X(realloc_reuse, size, "the address that realloc left comes back at once")                   \
    X(zero_after_free, size, "a freed block's old bytes can be read")                            \
    X(zero_on_malloc, size, "a new block has the bytes of an old one")                           \
    X(write_then_double_free, size, "a freed block's first word changed, then freed again")      \
    X(link_to_itself, own, "a freed block's first word: its own address")                        \
    X(link_to_static, own, "a freed block's first word: an address in static memory")            \
    X(link_to_stack, own, "a freed block's first word: an address on the stack")                 \
    X(link_inside, own, "a freed block's first word: an address inside a block in use")          \
    X(link_misaligned, own, "a freed block's first word: a misaligned address in the heap")      \
    X(link_random, own, "a freed block's first word: random bits")                               \
    X(link_aligned, own, "the same, then malloc with an alignment")                              \
    X(realloc_overflow, size, "32 bytes behind a block overwritten, then the block grows")       \
    X(realloc_neighbour, size, "8 bytes behind a block overwritten, then its neighbour grows")   \
    X(calloc_after_overflow, size, "64 bytes behind the last block overwritten, then calloc")

typedef enum program {
#define X(name, group, text) PROGRAM_##name,
    PROGRAMS(X)
#undef X
    PROGRAM_COUNT
} program_t;

/// X(name, which blocks lie beside the one that is overrun): of the programs that write past one
/// side of a block.
#define NEIGHBOURS(X)                \
    X(used, "a block in use")        \
    X(cached, "a freed small block") \
    X(free, "a freed large block")   \
    X(edge, "the heap's unused rest, its record")

typedef enum neighbour {
#define X(name, text) NEIGHBOUR_##name,
    NEIGHBOURS(X)
#undef X
    NEIGHBOUR_COUNT
} neighbour_t;

/// X(bytes): how many of them are written there.
#define AMOUNTS(X) X(1) X(8) X(16) X(32) X(64)

/// X(name, what is written).
#define CONTENTS(X)           \
    X(zeros, "zeros")         \
    X(letters, "'A'")         \
    X(random, "random bytes") \
    X(numbers, "words from 1 up")

typedef enum contents {
#define X(name, text) CONTENTS_##name,
    CONTENTS(X)
#undef X
    CONTENTS_COUNT
} contents_t;

/// X(name, when something is noticed).
#define MOMENTS(X)                         \
    X(before, "before anything was wrong") \
    X(write, "at the write")               \
    X(call, "at the call")                 \
    X(next, "at the next malloc")          \
    X(free, "at the free")                 \
    X(neighbour, "at a neighbour's free")  \
    X(reuse, "at reuse")                   \
    X(end, "when all is freed")

typedef enum moment {
#define X(name, text) MOMENT_##name,
    MOMENTS(X)
#undef X
} moment_t;

/// X(name, how a run ended).
#define OUTCOMES(X)                                                \
    X(unnoticed, "nothing was reported, and no harm was seen")     \
    X(harmful, "nothing was reported, and harm was seen")          \
    X(reported, "segfit_panic was called")                         \
    X(trapped, "the machine stopped the program, or time ran out") \
    X(safe, "the allocator's answer leaves nothing to go wrong")

typedef enum outcome {
#define X(name, text) OUTCOME_##name,
    OUTCOMES(X)
#undef X
} outcome_t;

/// Notes how far the program came. Kept where no stray write reaches it.
void host_moment(moment_t moment);

/// Ends the program.
_Noreturn void host_end(outcome_t outcome);

/// Runs one of PROGRAMS with blocks of `size` bytes.
outcome_t program_run(program_t program, unsigned size);

/// Runs the program that writes `amount` bytes past a block's end or, if `down`, before its begin.
outcome_t neighbour_run(neighbour_t neighbour, unsigned amount, int down, contents_t contents);

#endif
