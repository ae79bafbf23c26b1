// SPDX-License-Identifier: MIT
/// Making a heap: the key of its headers, and the geometry that its memory and options determine.
#include "link.h"

#include "init.h"
#include "free_index.h"
#include "key.h"
#include "pools.h"

// ------------------------------------------------------------------------------------------ key

#if SEGFIT_CHECK >= 3
#if defined(__wasm__) && !SEGFIT_THREADS
__asm__(".globl " KEY_GLOBAL "\n.hidden " KEY_GLOBAL "\n" KEY_GLOBAL ":\n");
#elif !defined(SEGFIT_MALLOC_UNIT)
size_t segfit__key;
#endif
#endif

SEGFIT_API void segfit_set_key(size_t key)
{
#if SEGFIT_CHECK >= 3
    key_set_secret(key);
#else
    (void)key;
#endif
}

// ------------------------------------------------------------------------------------- geometry

/// The largest block of a heap with `rows` rows in `size` bytes from `start` on.
static size_t heap_largest_with(unsigned rows, uintptr_t start, size_t size, unsigned columns_log2)
{
    const size_t control = SEGFIT_CONTROL_SIZE(rows, (size_t)1 << columns_log2);
    const size_t largest = size_class_largest(rows, columns_log2);
    return size < control ? 0 : pool_holds(start + control, size - control, largest);
}

/// The fewest rows with which the largest block is as large as possible. A further row allows
/// larger blocks and leaves fewer bytes for them, so that the loop ends at the first row without
/// improvement.
static unsigned heap_rows_within(uintptr_t start, size_t size, unsigned columns_log2)
{
    unsigned rows = 0;
    size_t before = 0;
    size_t largest = 0;
    do {
        before = largest;
        rows++;
        largest = heap_largest_with(rows, start, size, columns_log2);
    } while (largest > before || rows == 1U);
    return rows - 1U;
}

/// The rows that `size` bytes from `start` on need, or more rows where these cost at most 1/32 of
/// the bytes.
static unsigned heap_rows(uintptr_t start, size_t size, unsigned columns_log2)
{
    const unsigned most = size_class_rows_for(MAX_BLOCK, columns_log2);
    const unsigned needed = heap_rows_within(start, size, columns_log2);
    const size_t row_cost = SEGFIT_CONTROL_SIZE(2U, (size_t)1 << columns_log2) -
                            SEGFIT_CONTROL_SIZE(1U, (size_t)1 << columns_log2);
    const size_t affordable = size / 32U / row_cost;
    if (affordable <= needed) {
        return needed;
    }
    return affordable < most ? (unsigned)affordable : most;
}

static unsigned heap_columns(const segfit_options_t *wish)
{
    const unsigned usual =
        SEGFIT_FIXED_ROWS != 0 ? 1U << SEGFIT_FIXED_COLUMNS_LOG2 : SEGFIT_DEFAULT_COLUMNS;
    return wish->columns == 0 ? usual : wish->columns;
}

/// True if the library can make a heap of the policy and, where its geometry is fixed, of the
/// geometry in `wish`.
static bool geometry_is_possible(const segfit_options_t *wish)
{
#if SEGFIT_FIXED_ROWS
    const size_t largest = size_class_largest(SEGFIT_FIXED_ROWS, SEGFIT_FIXED_COLUMNS_LOG2);
    return (wish->rows == 0 || wish->rows == SEGFIT_FIXED_ROWS) && wish->largest <= largest &&
           heap_columns(wish) == 1U << SEGFIT_FIXED_COLUMNS_LOG2 &&
           wish->policy == SEGFIT_FIXED_POLICY;
#else
    return wish->policy == SEGFIT_POLICY_PROBE || wish->policy == SEGFIT_POLICY_STOCK;
#endif
}

/// Makes an empty heap at the first aligned address of the region. Returns NULL and writes nothing
/// if `options` are impossible or the region is too small. `with_pool`: the region must also have
/// room for a pool of one block.
static segfit_t *heap_make(void *memory, size_t size, const segfit_options_t *options,
                           bool with_pool)
{
    const segfit_options_t none = {0, 0, 0, SEGFIT_FIXED_POLICY, false};
    const segfit_options_t *const wish = options == NULL ? &none : options;
    const unsigned columns = heap_columns(wish);
    const size_t lead = missing_to(address_of(memory), sizeof(void *));
    if (!region_exists(address_of(memory), size) || size < lead || columns > 32U ||
        !is_power_of_two(columns) || wish->rows > WORD_BITS || !geometry_is_possible(wish)) {
        return NULL;
    }
    const unsigned columns_log2 = log2_floor(columns);
    const size_t largest = wish->largest < MIN_BLOCK ? MIN_BLOCK : wish->largest;
    const unsigned rows = SEGFIT_FIXED_ROWS != 0 ? SEGFIT_FIXED_ROWS
                          : wish->rows != 0      ? wish->rows
                          : wish->largest != 0
                              ? size_class_rows_for(largest, columns_log2)
                              : heap_rows(address_of(memory) + lead, size - lead, columns_log2);
    const size_t control = SEGFIT_CONTROL_SIZE(rows, columns);
    const size_t behind =
        with_pool ? pool_around(address_of(memory) + lead + control) + MIN_BLOCK : 0;
    if (size - lead < control || size - lead - control < behind ||
        size_class_largest(rows, columns_log2) < MIN_BLOCK) {
        return NULL;
    }
    segfit_t *const heap = (segfit_t *)(void *)((char *)memory + lead);
    __builtin_memset(heap, 0, control);
    heap->rows = (uint8_t)rows;
    heap->columns_log2 = (uint8_t)columns_log2;
    heap->policy = (uint8_t)wish->policy;
    heap->heads_offset = (uint32_t)SEGFIT_HEADS_OFFSET(rows);
    control_set_seal(heap);
    // I1
    SEGFIT_ASSERT(address_of(heap) % WORD == 0 && heap->rows >= 1 && heap->rows <= WORD_BITS);
    SEGFIT_ASSERT(address_of(heap) + control <= address_of(memory) + size);
    return heap;
}

segfit_t *segfit__init(void *memory, size_t size, const segfit_options_t *options, bool zeroed,
                       bool old)
{
    segfit_t *const heap = heap_make(memory, size, options, true);
    if (heap == NULL) {
        return NULL;
    }
    const size_t control = address_of(heap) - address_of(memory) +
                           SEGFIT_CONTROL_SIZE(heap->rows, (size_t)1 << heap->columns_log2);
    SEGFIT_ASSERT(control <= size);
    segfit__add_pool(heap, (char *)memory + control, size - control, zeroed, old);
    SEGFIT_ASSERT(heap->pools != NULL);
    return heap;
}

SEGFIT_API segfit_t *segfit_init(void *memory, size_t size, const segfit_options_t *options)
{
    const bool zeroed = options != NULL && options->zeroed;
    return segfit__init(memory, size, options, zeroed, !zeroed);
}

SEGFIT_API segfit_t *segfit_init_empty(void *memory, size_t size, const segfit_options_t *options)
{
    return heap_make(memory, size, options, false);
}

// ----------------------------------------------------------------------------------------- names

SEGFIT_PUBLISH(segfit_set_key)
SEGFIT_PUBLISH(segfit_init)
SEGFIT_PUBLISH(segfit_init_empty)
