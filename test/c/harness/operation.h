// SPDX-License-Identifier: MIT
/// Operations on a heap as data: a script can be drawn from a seed, read from a fuzzer's bytes, cut
/// down to what makes it fail, saved and run again. Nothing in it depends on addresses or on the
/// platform.
#ifndef SEGFIT_TEST_OPERATION_H
#define SEGFIT_TEST_OPERATION_H

#include "../test.h"

typedef enum operation_kind {
    OPERATION_ALLOC,
    OPERATION_ALIGNED,
    OPERATION_CALLOC,
    OPERATION_FREE,
    /// Frees the slot's block and asks for its size again.
    OPERATION_REFIT,
    OPERATION_REALLOC,
    OPERATION_REALLOC_ALIGNED,
    OPERATION_RESIZE,
    OPERATION_RESET,
    // Of a heap whose pools are given by hand.
    OPERATION_ADD_POOL,
    OPERATION_REMOVE_POOL,
    OPERATION_EXTEND_POOL,
    // Of a heap with a source.
    OPERATION_RESERVE,
    OPERATION_TRIM,
    /// Somebody else takes a page of the source.
    OPERATION_STRANGER,
    /// The source refuses some of its next calls.
    OPERATION_REFUSE,
    /// A pointer to a block that lives no more.
    OPERATION_STALE,
    /// The heap is made again in its memory, with no pool.
    OPERATION_MAKE_AGAIN,
    OPERATION_KINDS
} operation_kind;

/// How an operation's number becomes a size.
typedef enum size_form {
    SIZE_PLAIN,
    /// Around the largest request that is sure to be served; 50 is exactly it.
    SIZE_LIMIT,
    /// Counted down from the largest number.
    SIZE_TOP,
    /// A power of two.
    SIZE_POWER,
    SIZE_FORMS
} size_form;

typedef struct operation {
    uint8_t kind;
    uint8_t slot;
    uint8_t form;
    uint8_t align_log2;
    uint16_t number;
} operation;

/// The heap that a script runs on.
typedef struct setup {
    uint8_t rows;
    uint8_t columns_log2;
    uint8_t policy;
    /// 0: pools by hand; 1: a source that gives regions; 2: one that extends them as well.
    uint8_t source;
    uint8_t growth_shift;
    /// The source's memory arrives zeroed.
    uint8_t zeroed;
    /// Each region of the source begins so many bytes past a page.
    uint8_t skew;
    /// The source's call that is refused, counted from 1; 0: none.
    uint8_t refused_call;
} setup;

enum {
    SCRIPT_MOST = 4096,
    OPERATION_SLOTS = 128,
    OPERATION_ALIGNMENTS = 10,
    /// The bytes of each in a fuzzer's input.
    SETUP_BYTES = 5,
    OPERATION_BYTES = 5
};

typedef struct script {
    setup heap;
    size_t count;
    operation operations[SCRIPT_MOST];
} script;

/// How often each kind is drawn: by hand, then with a source. Kinds of the other sort of heap never
/// are. Kinds are added at the end, so that inputs of fuzzers keep their meaning.
static const uint8_t operation_weights[2][OPERATION_KINDS] = {
    {30, 8, 6, 20, 6, 10, 6, 6, 1, 6, 3, 6, 0, 0, 0, 0, 12, 1},
    {30, 8, 6, 20, 6, 10, 6, 6, 1, 0, 0, 0, 4, 4, 3, 3, 12, 1},
};

/// The kind at `point` of the row of all weights laid side by side.
static inline uint8_t operation_kind_at(bool source, size_t point)
{
    size_t sum = 0;
    for (uint8_t kind = 0; kind < OPERATION_KINDS; kind++) {
        sum += operation_weights[source][kind];
    }
    point %= sum;
    for (uint8_t kind = 0;; kind++) {
        if (point < operation_weights[source][kind]) {
            return kind;
        }
        point -= operation_weights[source][kind];
    }
}

static inline operation operation_random(const setup *heap, uint64_t *state)
{
    const size_t kind = test_random_below(state, 1000);
    const size_t form = test_random_below(state, 12);
    operation drawn = {.kind = operation_kind_at(heap->source != 0, kind),
                       .slot = (uint8_t)test_random_below(state, OPERATION_SLOTS),
                       .align_log2 = (uint8_t)test_random_below(state, OPERATION_ALIGNMENTS)};
    // Small, up to half a pool, around the limit, absurd.
    drawn.form = form < 2 ? SIZE_LIMIT : form == 2 ? SIZE_TOP : form == 3 ? SIZE_POWER : SIZE_PLAIN;
    const size_t number = test_random_below(state, form < 7 ? 4096 : 256);
    // Where sizes overflow, it is the last few that matter.
    const size_t shift = drawn.form == SIZE_TOP ? test_random_below(state, 13) : 0;
    drawn.number = (uint16_t)(form == 0 ? 50 : number >> shift);
    return drawn;
}

static inline void script_random(script *s, const setup *heap, size_t count, uint64_t seed)
{
    uint64_t state = seed;
    s->heap = *heap;
    s->count = count < SCRIPT_MOST ? count : SCRIPT_MOST;
    for (size_t i = 0; i < s->count; i++) {
        s->operations[i] = operation_random(heap, &state);
    }
}

/// A setup from any five bytes.
static inline setup setup_of_bytes(const uint8_t bytes[SETUP_BYTES])
{
    return (setup){.rows = (uint8_t)(1 + bytes[0] % (sizeof(size_t) * 8)),
                   .columns_log2 = bytes[1] % 6,
                   .policy = bytes[2] & 1,
                   .source = bytes[2] >> 1 & 3 ? (uint8_t)((bytes[2] >> 1 & 3) - 1) : 0,
                   .zeroed = bytes[2] >> 3 & 1,
                   .growth_shift = bytes[2] >> 4 & 3,
                   .skew = bytes[2] & 0xC0 ? 0 : bytes[3] % 64,
                   .refused_call = bytes[4]};
}

static inline operation operation_of_bytes(const setup *heap, const uint8_t *bytes)
{
    static const uint8_t forms[8] = {SIZE_PLAIN, SIZE_PLAIN, SIZE_PLAIN, SIZE_PLAIN,
                                     SIZE_PLAIN, SIZE_LIMIT, SIZE_TOP,   SIZE_POWER};
    const unsigned number = bytes[3] + 256U * bytes[4];
    const bool top = forms[bytes[2] & 7] == SIZE_TOP;
    return (operation){.kind = operation_kind_at(heap->source != 0, bytes[0]),
                       .slot = bytes[1] % OPERATION_SLOTS,
                       .form = forms[bytes[2] & 7],
                       .align_log2 = (uint8_t)((bytes[2] >> 3) % OPERATION_ALIGNMENTS),
                       // Where sizes overflow, it is the last few that matter.
                       .number = (uint16_t)(number % (top ? 64 : 4096))};
}

/// A script from any bytes: what is short of a whole operation at the end is left out.
static inline void script_of_bytes(script *s, const uint8_t *bytes, size_t size)
{
    s->count = 0;
    if (size < SETUP_BYTES) {
        s->heap = (setup){.rows = 12, .columns_log2 = 4};
        return;
    }
    s->heap = setup_of_bytes(bytes);
    for (size_t at = SETUP_BYTES; size - at >= OPERATION_BYTES && s->count < SCRIPT_MOST;
         at += OPERATION_BYTES) {
        s->operations[s->count++] = operation_of_bytes(&s->heap, bytes + at);
    }
}

#endif
