// SPDX-License-Identifier: MIT
/// The injections that are accidents: what they write, or which pointer they free. False if the
/// heap has no block that one needs.
#ifndef SEGFIT_CORRUPTION_INJECT_H
#define SEGFIT_CORRUPTION_INJECT_H

#include "trial.h"

// --------------------------------------------------------------------------------------- finding

static inline slot_t *any_live(void)
{
    const uint32_t from = draw(SLOTS);
    for (uint32_t i = 0; i < SLOTS; i++) {
        slot_t *const slot = &trial.slots[(from + i) % SLOTS];
        if (slot->ptr != NULL) {
            return slot;
        }
    }
    return NULL;
}

/// Where the bytes of a block end that its program may use.
static inline unsigned char *end_of(const slot_t *slot)
{
    return slot->ptr + segfit_usable_size(trial.heap, slot->ptr);
}

/// A random free block, found as a walk finds it; nothing is held back from here on.
static inline block_t *any_free(void)
{
    (void)segfit_flush(trial.heap);
    const pool_t *const pool = trial.heap->pools;
    uint32_t count = 0;
    block_t *found = NULL;
    for (block_t *block = pool_first(pool); block != pool->end; block = block_next(block)) {
        if (block_is_free(block) && draw(++count) == 0) {
            found = block;
        }
    }
    return found;
}

// --------------------------------------------------------------------------------------- writing

/// Notes that the injection writes `size` bytes at `at`: blocks there lose their contents by it,
/// not by us.
static inline void spoil(const void *at, size_t size)
{
    const uintptr_t begin = address_of(at);
    for (uint32_t i = 0; i < SLOTS; i++) {
        slot_t *const slot = &trial.slots[i];
        const uintptr_t ptr = address_of(slot->ptr);
        slot->spoilt |= slot->ptr != NULL && begin < ptr + slot->size && ptr < begin + size;
    }
}

static inline bool write_bit(void *at, size_t bytes)
{
    const uint32_t bit = draw((uint32_t)bytes * 8U);
    spoil((unsigned char *)at + bit / 8U, 1);
    ((unsigned char *)at)[bit / 8U] ^= (unsigned char)(1U << bit % 8U);
    return true;
}

static inline bool write_word(void *at, size_t word)
{
    spoil(at, WORD);
    __builtin_memcpy(at, &word, WORD);
    return true;
}

/// A `byte` below 0: random ones.
static inline bool write_bytes(unsigned char *at, uint32_t size, int byte)
{
    spoil(at, size);
    for (uint32_t i = 0; i < size; i++) {
        at[i] = byte < 0 ? (unsigned char)draw(256) : (unsigned char)byte;
    }
    return true;
}

/// A link as a mistake could leave it: anything, nothing, or an address in the heap.
static inline size_t draw_link(void)
{
    switch (draw(3)) {
    case 0:
        return draw_word();
    case 1:
        return 0;
    default:
        return address_of(trial.region) + draw(REGION / UNIT) * UNIT;
    }
}

static inline bool inject_freed_word(void)
{
    slot_t *const slot = any_live();
    unsigned char *const ptr = slot->ptr;
    const uint32_t words = (slot->size + WORD - 1U) / WORD;
    slot_free(slot);
    return write_word(ptr + draw(words) * WORD, draw_word());
}

static inline bool inject_freed(kind_t kind)
{
    if (kind == KIND_freed_word) {
        return inject_freed_word();
    }
    block_t *const block = any_free();
    if (block == NULL) {
        return false;
    }
    if (kind == KIND_link_bit) {
        return write_bit(&block->next_free, 2U * WORD);
    }
    return write_word(draw(2) == 0 ? &block->next_free : &block->prev_free, draw_link());
}

static inline bool inject_overflow(kind_t kind)
{
    const slot_t *const slot = any_live();
    unsigned char *const end = end_of(slot);
    switch (kind) {
    case KIND_bit_after:
        return write_bit(end, WORD);
    case KIND_bytes_after:
        return write_bytes(end, 8, -1);
    case KIND_nul_after:
        return write_bytes(end, 1, 0);
    case KIND_overflow_random:
        return write_bytes(end, 1U + draw(64), -1);
    case KIND_overflow_a:
        return write_bytes(end, 16U + draw(49), 0x41);
    default:
        return write_bit(slot->ptr - WORD, WORD);
    }
}

static inline block_t *any_block(bool is_free)
{
    return is_free ? any_free() : block_of(any_live()->ptr);
}

static inline bool inject_header(kind_t kind)
{
    const bool wants_free = kind == KIND_free_header_bit || kind == KIND_free_header_word ||
                            kind == KIND_footer_bit || kind == KIND_footer_word ||
                            (kind == KIND_header_like_size && draw(2) == 0);
    block_t *const block = any_block(wants_free);
    if (block == NULL) {
        return false;
    }
    switch (kind) {
    case KIND_used_header_bit:
    case KIND_free_header_bit:
        return write_bit(&block->coded_header, WORD);
    case KIND_header_like_size:
        return write_word(&block->coded_header, (size_t)draw(256) * SEGFIT_ALIGN | draw(4));
    case KIND_footer_bit:
        return write_bit(block_footer_before(block_next(block)), WORD);
    case KIND_footer_word:
        return write_word(block_footer_before(block_next(block)), draw_word());
    default:
        return write_word(&block->coded_header, draw_word());
    }
}

static inline bool inject_control_word(segfit_t *heap)
{
    const uint32_t rows = heap->rows;
    switch (draw(4)) {
    case 0:
        return write_word(draw(2) == 0 ? &heap->low : &heap->high, draw_word());
    case 1:
        return write_word(&heap->row_bitmap, draw_word());
    case 2:
        control_column_bitmaps(heap)[draw(rows)] = draw(UINT32_MAX);
        return true;
    default:
        return write_word(&free_index_heads(heap)[draw((uint32_t)free_index_classes(heap))],
                          draw_link());
    }
}

static inline bool inject_control(kind_t kind)
{
    segfit_t *const heap = trial.heap;
    switch (kind) {
    case KIND_geometry_bit:
        return write_bit(&heap->rows, offsetof(segfit_t, pools));
    case KIND_pools_bit:
        return write_bit(&heap->pools, WORD);
    case KIND_bounds_bit:
        return write_bit(&heap->low, 2U * WORD);
    case KIND_row_bit:
        return write_bit(&heap->row_bitmap, WORD);
    case KIND_column_bit:
        return write_bit(control_column_bitmaps(heap), heap->rows * sizeof(uint32_t));
    case KIND_head_bit:
        return write_bit(free_index_heads(heap), free_index_classes(heap) * WORD);
    default:
        return inject_control_word(heap);
    }
}

// -------------------------------------------------------------------------------------- pointers

/// Frees what must not be freed.
static inline bool crime(void *ptr)
{
    trial.in_call = true;
    segfit_free(trial.heap, ptr);
    trial.in_call = false;
    return true;
}

static inline bool inject_double_free(uint32_t operations)
{
    slot_t *const slot = any_live();
    unsigned char *const ptr = slot->ptr;
    const bool later = operations > 0;
    slot_free(slot);
    trial_set_injected(false);
    while (operations-- > 0) {
        operate();
    }
    trial_set_injected(true);
    // Where its header or first bytes belong to another block, nobody can tell.
    const size_t unit = (size_t)(ptr - trial.region) / UNIT;
    const bool reused = trial.units[unit] != 0 || trial.units[unit - 1U] != 0;
    return !(later && reused) && crime(ptr);
}

extern size_t static_words[STATIC_WORDS];

/// Memory that is nobody's block, but looks as if blocks of a plausible size stood there.
static inline void fill_like_sizes(size_t *words, uint32_t count)
{
    const size_t size = (4U + draw(8)) * SEGFIT_ALIGN;
    for (uint32_t i = 0; i < count; i++) {
        words[i] = size;
    }
}

static inline void *aligned_within(size_t *words)
{
    const uintptr_t middle = address_of(words + 8);
    return words + 8 + missing_to(middle, SEGFIT_ALIGN) / WORD;
}

static inline bool inject_stack(void)
{
    size_t words[STATIC_WORDS];
    fill_like_sizes(words, STATIC_WORDS);
    return crime(aligned_within(words));
}

static inline bool inject_static(void)
{
    fill_like_sizes(static_words, STATIC_WORDS);
    return crime(aligned_within(static_words));
}

/// Anywhere in the address space but the region.
static inline bool inject_wild(void)
{
    const size_t mask = sizeof(size_t) > 4 ? ((size_t)1 << 47) - 1U : ((size_t)1 << 31) - 1U;
    const uintptr_t address = round_down(draw_word() & mask, SEGFIT_ALIGN);
    return address - address_of(trial.region) >= REGION && address != 0 && crime((void *)address);
}

static inline bool inject_inside(size_t step)
{
    const slot_t *const slot = any_live();
    const uint32_t steps = (uint32_t)((slot->size + step - 1U) / step);
    const uint32_t first = step == 1 ? 0 : 1;
    if (steps <= first) {
        return false;
    }
    const size_t offset = (first + draw(steps - first)) * step;
    return (step != 1 || offset % SEGFIT_ALIGN != 0) && crime(slot->ptr + offset);
}

static inline bool inject_pointer(kind_t kind)
{
    switch (kind) {
    case KIND_double_free:
        return inject_double_free(0);
    case KIND_double_free_later:
        return inject_double_free(1U + draw(12));
    case KIND_free_interior:
        return inject_inside(SEGFIT_ALIGN);
    case KIND_free_misaligned:
        return inject_inside(1);
    case KIND_free_static:
        return inject_static();
    case KIND_free_stack:
        return inject_stack();
    case KIND_free_other:
        return crime(segfit_alloc(trial.other, 100));
    default:
        return inject_wild();
    }
}

#endif
