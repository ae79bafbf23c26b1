// SPDX-License-Identifier: MIT
/// The programs of programs.h. Each begins with a malloc that was never used.
#include "program.h"

enum {
    MEBIBYTE = 1 << 20,
    AGAIN = 4096,
    DELAY = 1024,
};

void segfit_panic(segfit_fault_code_t code, const segfit_t *heap, const void *ptr)
{
    (void)code;
    (void)heap;
    (void)ptr;
    host_end(OUTCOME_reported);
}

// ------------------------------------------------------------------------------------ overflows

static outcome_t change_byte(size_t size, ptrdiff_t at)
{
    unsigned char *const ptr = take(size);
    host_moment(MOMENT_write);
    unsigned char *const byte = opaque(ptr) + at;
    put(byte, *(volatile unsigned char *)byte ^ LETTER, 1);
    host_moment(MOMENT_free);
    drop(ptr);
    go_on(size);
    wind_up(size);
    return OUTCOME_unnoticed;
}

static outcome_t copy_zeros(size_t size, ptrdiff_t from, size_t count)
{
    unsigned char *const ptr = take(size);
    host_moment(MOMENT_write);
    put(opaque(ptr) + from, 0, count);
    disown(ptr, false);
    go_on(size);
    host_moment(MOMENT_free);
    free(ptr);
    wind_up(size);
    return OUTCOME_unnoticed;
}

/// Writes from a block's end on or, if `down`, up to its begin.
static void overrun(unsigned char *ptr, size_t size, unsigned amount, bool down,
                    contents_t contents)
{
    unsigned char *const begin = down ? opaque(ptr) - amount : opaque(ptr) + size;
    unsigned random = 12345;
    for (unsigned i = 0; i < amount; i++) {
        random = random * 1103515245U + 12345U;
        const unsigned char number =
            (unsigned char)(i % sizeof(size_t) == 0 ? i / sizeof(size_t) + 1 : 0);
        put(begin + i,
            contents == CONTENTS_zeros     ? 0
            : contents == CONTENTS_letters ? LETTER
            : contents == CONTENTS_random  ? (unsigned char)(random >> 16)
                                           : number,
            1);
    }
}

/// The payload bytes of a block of `wanted` bytes.
static size_t room_of(unsigned char *ptr)
{
    size_t malloc_usable_size(void *);
    return malloc_usable_size(ptr);
}

enum {
    ROW = 24
};

/// Blocks of `size` bytes in the order of their addresses.
static void take_row(unsigned char **row, size_t size)
{
    for (int i = 0; i < ROW; i++) {
        unsigned char *const ptr = take(size);
        int at = i;
        for (; at > 0 && (uintptr_t)row[at - 1] > (uintptr_t)ptr; at--) {
            row[at] = row[at - 1];
        }
        row[at] = ptr;
    }
}

/// Where in the row a block lies between two others, all side by side.
static int middle_of(unsigned char *const *row)
{
    uintptr_t step = UINTPTR_MAX;
    for (int i = 1; i < ROW; i++) {
        const uintptr_t to_next = (uintptr_t)row[i] - (uintptr_t)row[i - 1];
        step = to_next < step ? to_next : step;
    }
    for (int i = 4; i < ROW - 4; i++) {
        const uintptr_t at = (uintptr_t)row[i];
        if ((uintptr_t)row[i + 1] - at == step && at - (uintptr_t)row[i - 1] == step) {
            return i;
        }
    }
    host_moment(MOMENT_before);
    host_end(OUTCOME_harmful);
}

outcome_t neighbour_run(neighbour_t neighbour, unsigned amount, int down, contents_t contents)
{
    unsigned char *row[ROW];
    const size_t size = neighbour == NEIGHBOUR_free ? 600 : neighbour == NEIGHBOUR_edge ? 840 : 40;
    take_row(row, size);
    const int middle = neighbour == NEIGHBOUR_edge ? (down ? 0 : ROW - 1) : middle_of(row);
    unsigned char *const ptr = row[middle];
    unsigned char *const beside =
        neighbour == NEIGHBOUR_edge ? NULL : row[down ? middle - 1 : middle + 1];
    const size_t room = room_of(ptr);
    if (beside != NULL && neighbour != NEIGHBOUR_used) {
        drop(beside);
    } else if (beside != NULL && down) {
        disown(beside, false);
    } else if (beside != NULL && amount > sizeof(size_t)) {
        disown(beside, false);
    }
    host_moment(MOMENT_write);
    overrun(ptr, room, amount, down != 0, contents);
    go_on(size);
    host_moment(MOMENT_free);
    drop(ptr);
    host_moment(MOMENT_neighbour);
    if (neighbour == NEIGHBOUR_used) {
        disown(beside, false);
        free(beside);
    }
    wind_up(size);
    return OUTCOME_unnoticed;
}

// ---------------------------------------------------------------------------------- double frees

static void again(size_t size, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        void *volatile ptr = malloc(size);
        free(ptr);
    }
}

static outcome_t double_free(program_t program, size_t size)
{
    unsigned char *const ptr = take(size);
    unsigned char *const other = program == PROGRAM_double_free_interleaved ? take(size) : NULL;
    drop(ptr);
    if (program == PROGRAM_double_free_delayed) {
        again(size, DELAY);
    }
    if (other != NULL) {
        drop(other);
    }
    unsigned char *const owner = program == PROGRAM_double_free_single_reuse ? take(size) : NULL;
    host_moment(MOMENT_call);
    if (program == PROGRAM_write_then_double_free) {
        put(opaque(ptr), LETTER, sizeof(size_t));
    }
    free(opaque(ptr));
    host_moment(MOMENT_free);
    if (owner != NULL) {
        drop(owner);
    }
    host_moment(MOMENT_reuse);
    if (program == PROGRAM_double_free_reuse) {
        again(size, AGAIN);
    }
    go_on(size);
    wind_up(size);
    return OUTCOME_unnoticed;
}

// ----------------------------------------------------------------------------------- bad pointers

static outcome_t free_at(unsigned char *ptr)
{
    host_moment(MOMENT_call);
    free(opaque(ptr));
    go_on(40);
    wind_up(40);
    return OUTCOME_unnoticed;
}

static outcome_t free_stack(size_t size)
{
    unsigned char array[4096] __attribute__((aligned(16)));
    put(array, 0, sizeof array);
    return free_at(array + (size < sizeof array ? 16 : 1024));
}

static outcome_t free_alloca(void)
{
    unsigned char *const memory = __builtin_alloca(256);
    put(memory, 0, 256);
    return free_at(memory + 16);
}

// ------------------------------------------------------------------------------- freed and reused

static outcome_t write_after_free(program_t program, size_t size)
{
    unsigned char *const ptr = take(size);
    drop(ptr);
    host_moment(MOMENT_write);
    put(opaque(ptr), LETTER, size);
    host_moment(MOMENT_reuse);
    if (program == PROGRAM_write_after_free_reuse) {
        again(size, AGAIN);
    }
    go_on(size);
    wind_up(size);
    return OUTCOME_unnoticed;
}

static unsigned char static_memory[64] __attribute__((aligned(16)));

/// The first word of a freed small block leads somewhere.
static outcome_t link_to(program_t program)
{
    enum {
        SIZE = 40
    };
    unsigned char stack[64] __attribute__((aligned(16)));
    put(stack, 0, sizeof stack);
    unsigned char *const live = take(SIZE);
    unsigned char *const before = take(SIZE);
    unsigned char *const ptr = take(SIZE);
    drop(before);
    drop(ptr);
    const unsigned char *const to = program == PROGRAM_link_to_itself   ? ptr
                                    : program == PROGRAM_link_to_static ? static_memory + 16
                                    : program == PROGRAM_link_to_stack  ? stack + 16
                                    : program == PROGRAM_link_inside    ? live + 16
                                    : program == PROGRAM_link_misaligned
                                        ? live + 3
                                        : (const unsigned char *)(uintptr_t)0x4D8F31B7D2C6A59BU;
    host_moment(MOMENT_write);
    const uintptr_t word = (uintptr_t)to;
    for (size_t i = 0; i < sizeof word; i++) {
        put(opaque(ptr) + i, (unsigned char)(word >> 8 * i), 1);
    }
    if (program == PROGRAM_link_aligned) {
        host_moment(MOMENT_next);
        own(aligned_alloc(32, SIZE), SIZE);
        own(aligned_alloc(32, SIZE), SIZE);
    }
    go_on(SIZE);
    unsigned char *const last = take(SIZE);
    if (last == static_memory + 16 || last == stack + 16) {
        return OUTCOME_harmful;
    }
    wind_up(SIZE);
    return OUTCOME_unnoticed;
}

/// A promise of the allocator about a block's address or bytes: kept, or not.
static outcome_t promise(program_t program, size_t size)
{
    unsigned char *ptr = malloc(size);
    const uintptr_t before = (uintptr_t)ptr;
    put(ptr, LETTER, size);
    host_moment(MOMENT_call);
    if (program == PROGRAM_realloc_reuse) {
        // Its neighbour is in use, so that it moves.
        void *volatile beside = malloc(size);
        (void)beside;
        ptr = realloc(ptr, size * 16);
        void *volatile fresh = malloc(size);
        return before != (uintptr_t)ptr && before == (uintptr_t)fresh ? OUTCOME_harmful
                                                                      : OUTCOME_safe;
    }
    free(opaque(ptr));
    if (program == PROGRAM_malloc_reuse || program == PROGRAM_malloc_reuse_downsize) {
        void *volatile fresh = malloc(program == PROGRAM_malloc_reuse ? size : size / 2);
        return before == (uintptr_t)fresh ? OUTCOME_harmful : OUTCOME_safe;
    }
    if (program == PROGRAM_zero_on_malloc) {
        ptr = malloc(size);
    }
    for (size_t i = 0; i < size; i++) {
        if (*((volatile unsigned char *)opaque(ptr) + i) == LETTER) {
            return OUTCOME_harmful;
        }
    }
    return OUTCOME_safe;
}

static outcome_t zero_size(program_t program)
{
    unsigned char read = 0;
    unsigned char *const ptr = malloc(0);
    if (ptr == NULL) {
        return OUTCOME_safe;
    }
    host_moment(MOMENT_write);
    if (program == PROGRAM_write_zero_size || program == PROGRAM_write_zero_size_free) {
        put(opaque(ptr), LETTER, 1);
    } else {
        read = *(volatile unsigned char *)opaque(ptr);
    }
    host_moment(MOMENT_free);
    if (program == PROGRAM_write_zero_size_free || program == PROGRAM_read_zero_size_free) {
        free(ptr);
    }
    go_on(8U + (read & 1U));
    wind_up(8);
    return OUTCOME_unnoticed;
}

/// C++ of an object with a destructor: an array keeps their number in a word before its first, and
/// the pointer that is freed differs by that word. Of a char both are one pointer.
static outcome_t cxx_delete(program_t program)
{
    unsigned char *const ptr = malloc(72);
    return free_at(program == PROGRAM_array_delete_string   ? ptr - sizeof(size_t)
                   : program == PROGRAM_delete_array_string ? ptr + sizeof(size_t)
                                                            : ptr);
}

static outcome_t impossibly_large(void)
{
    host_moment(MOMENT_call);
    return malloc((size_t)0 - 2U) == NULL ? OUTCOME_safe : OUTCOME_harmful;
}

static outcome_t executable_heap(void)
{
    static const unsigned char code[] = {0x90, 0x90, 0x90, 0x90, 0xC3};
    unsigned char *const ptr = malloc(sizeof code);
    for (size_t i = 0; i < sizeof code; i++) {
        put(ptr + i, code[i], 1);
    }
    host_moment(MOMENT_call);
    ((void (*)(void))(uintptr_t)opaque(ptr))();
    return OUTCOME_harmful;
}

// ---------------------------------------------------------------------------------- others' calls

static outcome_t after_overflow(program_t program, size_t size)
{
    unsigned char *const ptr = take(size);
    unsigned char *const beside = take(size);
    const bool up = (uintptr_t)beside > (uintptr_t)ptr;
    unsigned char *const low = up ? ptr : beside;
    unsigned char *const high = up ? beside : ptr;
    if (program == PROGRAM_calloc_after_overflow) {
        host_moment(MOMENT_write);
        overrun(high, room_of(high), 64, false, CONTENTS_letters);
        host_moment(MOMENT_next);
        for (int i = 0; i < 8; i++) {
            volatile const unsigned char *const bytes = calloc(1, size);
            for (size_t at = 0; bytes != NULL && at < size; at++) {
                if (bytes[at] != 0) {
                    return OUTCOME_harmful;
                }
            }
        }
        wind_up(size);
        return OUTCOME_unnoticed;
    }
    const bool own_end = program == PROGRAM_realloc_overflow;
    host_moment(MOMENT_write);
    overrun(low, room_of(low), own_end ? 32 : 8, false, CONTENTS_letters);
    disown(low, false);
    disown(high, false);
    host_moment(MOMENT_call);
    own(realloc(own_end ? low : high, size * 2 + 64), size);
    wind_up(size);
    return OUTCOME_unnoticed;
}

outcome_t program_run(program_t program, unsigned block_size)
{
    const size_t size = block_size;
    switch (program) {
    case PROGRAM_one_byte_overflow:
        return change_byte(size, (ptrdiff_t)size);
    case PROGRAM_one_byte_underflow:
        return change_byte(size, -1);
    case PROGRAM_bytes_32_overflow:
        return change_byte(size, (ptrdiff_t)size + 31);
    case PROGRAM_bytes_32_underflow:
        return change_byte(size, -32);
    case PROGRAM_mbyte_overflow:
        return change_byte(size, (ptrdiff_t)size + MEBIBYTE - 1);
    case PROGRAM_mbyte_underflow:
        return change_byte(size, -MEBIBYTE);
    case PROGRAM_one_byte_memcpy_overflow:
        return copy_zeros(size, 0, size + 1);
    case PROGRAM_one_byte_memcpy_underflow:
        return copy_zeros(size, -1, size);
    case PROGRAM_bytes_32_memcpy_overflow:
        return copy_zeros(size, 0, size + 32);
    case PROGRAM_bytes_32_memcpy_underflow:
        return copy_zeros(size, -32, size);
    case PROGRAM_mbyte_memcpy_overflow:
        return copy_zeros(size, 0, size + MEBIBYTE);
    case PROGRAM_mbyte_memcpy_underflow:
        return copy_zeros(size, -MEBIBYTE, size);
    case PROGRAM_double_free:
    case PROGRAM_double_free_delayed:
    case PROGRAM_double_free_interleaved:
    case PROGRAM_double_free_reuse:
    case PROGRAM_double_free_single_reuse:
    case PROGRAM_write_then_double_free:
        return double_free(program, size);
    case PROGRAM_free_small_address:
        return free_at((unsigned char *)(uintptr_t)1);
    case PROGRAM_free_alloca:
        return free_alloca();
    case PROGRAM_free_stack:
        return free_stack(size);
    case PROGRAM_free_close:
        return free_at(take(size) + 4096);
    case PROGRAM_free_far:
        return free_at(take(size) + (1 << 30));
    case PROGRAM_free_unaligned:
        return free_at(take(size) + 1);
    case PROGRAM_free_unaligned_multiple:
        return free_at(take(size) + 8);
    case PROGRAM_write_after_free:
    case PROGRAM_write_after_free_reuse:
        return write_after_free(program, size);
    case PROGRAM_write_zero_size:
    case PROGRAM_write_zero_size_free:
    case PROGRAM_read_zero_size:
    case PROGRAM_read_zero_size_free:
        return zero_size(program);
    case PROGRAM_array_delete_char:
    case PROGRAM_array_delete_string:
    case PROGRAM_delete_array_char:
    case PROGRAM_delete_array_string:
    case PROGRAM_delete_size_mismatch:
        return cxx_delete(program);
    case PROGRAM_impossibly_large:
        return impossibly_large();
    case PROGRAM_executable_heap:
        return executable_heap();
    case PROGRAM_malloc_reuse:
    case PROGRAM_malloc_reuse_downsize:
    case PROGRAM_realloc_reuse:
    case PROGRAM_zero_after_free:
    case PROGRAM_zero_on_malloc:
        return promise(program, size);
    case PROGRAM_realloc_overflow:
    case PROGRAM_realloc_neighbour:
    case PROGRAM_calloc_after_overflow:
        return after_overflow(program, size);
    default:
        return link_to(program);
    }
}
