// SPDX-License-Identifier: MIT
/// The process-wide malloc: one growable heap behind the C library's names, and a cache before it.
///
/// Compiled with -DSEGFIT_MALLOC=1 -fno-builtin this file is the whole of it, one object: it takes
/// in the core and the platform's port, so that the heap's geometry and address are constants.
/// Otherwise it is empty.
///
/// The set of names is the one that the platform's C library has, complete, in this one object:
/// with a name missing, the linker takes it from the C library's malloc, and blocks of one heap are
/// freed into the other. On Emscripten all are weak, as there, so that sanitizers and programs can
/// define their own.
#include "../port/os.h"

#if SEGFIT_MALLOC

#if defined(__wasm_atomics__) && !SEGFIT_THREADS
#error "this malloc does not lock: it is for programs with one thread"
#endif

// `em++ app.cpp segfit_malloc.c` compiles this file as C++.
#if defined(__cplusplus)
#define _Static_assert static_assert
#define _Thread_local thread_local
/// A function that a name of the C library is an alias of. C++ gives a static one a name of its own making,
/// which an alias cannot spell.
#define PROCESS_OFFERED __attribute__((visibility("hidden")))
extern "C" {
#else
#define PROCESS_OFFERED static
#endif

#if defined(__wasm__) && !defined(__wasm_bulk_memory__) && !SEGFIT_OS_HOSTED
#define SEGFIT_OS_OWN_BULK 1
// Without a C library there is no memset or memcpy to call: here they are instructions, whatever the
// rest of the program is compiled for.
#pragma clang attribute push(__attribute__((target("bulk-memory"))), apply_to = function)
#else
#define SEGFIT_OS_OWN_BULK 0
#endif

// The core becomes part of this file: nothing of it is seen outside, and its geometry is fixed.
#define SEGFIT_MALLOC_UNIT 1
#define SEGFIT_API static __attribute__((unused))
#define SEGFIT_INTERNAL static __attribute__((unused))
#define SEGFIT_CONSTANT static __attribute__((unused)) const
#define SEGFIT_HOOK_API extern
#define SEGFIT_FIXED_COLUMNS_LOG2 4

/// Rows for blocks as large as an address can be: 32 bits, or the 48 that 64-bit systems use.
#if SEGFIT_ALIGN == 16
#define PROCESS_ALIGN_LOG2 4
#else
#define PROCESS_ALIGN_LOG2 3
#endif
#if UINTPTR_MAX > 0xFFFFFFFFU
#define PROCESS_ADDRESS_BITS 48
#else
#define PROCESS_ADDRESS_BITS 32
#endif
#define SEGFIT_FIXED_ROWS \
    (PROCESS_ADDRESS_BITS - PROCESS_ALIGN_LOG2 - SEGFIT_FIXED_COLUMNS_LOG2 + 1)

#include "../core/link.h"
#include "../../include/segfit/growable.h"
#include "../../include/segfit/malloc.h"

#include "../port/os_emscripten.c"
#include "../port/os_posix.c"
#include "../port/os_static.c"
#include "../port/os_wasi.c"

/// The heap. It starts out as zeros, which cost nothing in the program's file: the fixed geometry
/// makes that an empty heap for everything but inspection, for which process_heap fills it in.
static union {
    segfit_t heap;
    unsigned char control[SEGFIT_CONTROL_SIZE(SEGFIT_FIXED_ROWS, 1U << SEGFIT_FIXED_COLUMNS_LOG2)];
} process_storage;

/// The heap's address and its source are constants, so that each access has its address in it.
#define SEGFIT_FIXED_HEAP (&process_storage.heap)
#define SEGFIT_FIXED_SOURCE (&os_source)

#define SEGFIT_REPORT(code, heap, ptr) process_tell_damage((code), (ptr))

#include "../core/bits.h"

typedef struct process_finding {
    segfit_fault_code_t code;
    const void *ptr;
} process_finding_t;

static void process_note(segfit_fault_code_t code, const void *ptr);

/// Tells of damage once: it stays, and a segfit_panic that allocates would meet it again and again.
SEGFIT_INTERNAL SEGFIT_COLD void process_tell_damage(segfit_fault_code_t code, const void *ptr)
{
    static process_finding_t told;
    if (told.code != code || told.ptr != ptr) {
        told = (process_finding_t){code, ptr};
        process_note(code, ptr);
    }
}

#if SEGFIT_CHECK >= 3
/// Before the first pool: headers get a key that nobody can know.
static void process_take_key(void);
#define SEGFIT_NEW_KEY() process_take_key()
#endif

#include "../core/alloc.c"
#include "../core/limits.c"
#include "../core/init.c"
#include "../core/pools.c"
#include "../core/growable.c"
#include "../core/inspect.c"
#include "../core/inspection.c"
#include "../core/check.c"
#include "../core/panic.c"
#include "../port/os_calls.h"
#include "../port/os_sanitizers.h"
#include "../port/os_threads.c"

#if SEGFIT_CHECK >= 3
static void process_take_key(void)
{
    segfit_set_key(os_random());
}
#endif

#if SEGFIT_MALLOC_ERRNO
#include <errno.h>
#endif

#if SEGFIT_THREADS
/// What was found wrong under the heap's lock, where nothing is told, and is told after it.
static process_finding_t process_found;
#endif

static SEGFIT_COLD void process_note(segfit_fault_code_t code, const void *ptr)
{
#if SEGFIT_THREADS
    process_found = (process_finding_t){code, ptr};
#else
    segfit_panic(code, &process_storage.heap, ptr);
#endif
}

// ---------------------------------------------------------------------------------------- heap

static segfit_growable_t process = SEGFIT_GROWABLE_INITIALIZER(&process_storage.heap, &os_source);

static const segfit_t *process_heap(void)
{
    segfit_t *const heap = &process_storage.heap;
    heap->rows = SEGFIT_FIXED_ROWS;
    heap->columns_log2 = SEGFIT_FIXED_COLUMNS_LOG2;
    heap->policy = SEGFIT_FIXED_POLICY;
    heap->heads_offset = SEGFIT_HEADS_OFFSET(SEGFIT_FIXED_ROWS);
    return heap;
}

// --------------------------------------------------------------------------------------- errors

#if SEGFIT_MALLOC_ERRNO
#define PROCESS_SET_ERRNO(code) (errno = (code))
#else
#if !defined(ENOMEM)
enum {
    EINVAL = 22,
    ENOMEM = 12,
};
#endif
#define PROCESS_SET_ERRNO(code) ((void)(code))
#endif

/// `ptr`, or NULL with errno set to ENOMEM.
static inline void *process_result(void *ptr)
{
    if (SEGFIT_UNLIKELY(ptr == NULL)) {
        PROCESS_SET_ERRNO(ENOMEM);
    }
    return ptr;
}

// ------------------------------------------------------------------------------------- functions

#include "malloc_cache.h"
#include "malloc_exhausted.h"

#if SEGFIT_THREADS
#include "malloc_shared.h"
#else
const segfit_t *segfit_malloc_heap(void)
{
    return process_heap();
}

void segfit_malloc_flush(void)
{
    process_flush();
    segfit_flush(&process_storage.heap);
}

void segfit_malloc_stats(segfit_stats_t *stats)
{
    segfit_stats(process_heap(), stats);
    process_see_through(stats);
}

bool segfit_malloc_check(segfit_fault_t *fault)
{
    return segfit_check(process_heap(), fault) && process_check_cache(fault);
}

bool segfit_malloc_reserve(size_t size)
{
    if (segfit_max_alloc(&process_storage.heap) < size) {
        process_flush();
    }
    const bool reserved = segfit_growable_reserve(&process, size);
    if (!reserved) {
        PROCESS_SET_ERRNO(ENOMEM);
    }
    return reserved;
}

/// Where the heap has no block for a request: what is cached may make one; then the heap grows.
static SEGFIT_COLD void *process_alloc_more(size_t size)
{
    if (SEGFIT_NAMES_POSIX && process_storage.heap.pools == NULL) {
        os_say_unseen();
    }
    void *ptr = process_flush() ? segfit_growable_alloc(&process, size)
                                : growable_alloc_more(&process, size);
    while (ptr == NULL && process_try_again(size)) {
        process_flush();
        ptr = segfit_growable_alloc(&process, size);
    }
    return process_result(ptr);
}

#if SEGFIT_CACHE > 0
/// What no cached block serves.
static SEGFIT_FAST_APART void *process_alloc_uncached(size_t size)
{
    if (size <= CACHE_LARGEST_REQUEST) {
        void *const fresh = process_refill(size);
        if (SEGFIT_LIKELY(fresh != NULL)) {
            return fresh;
        }
    }
    void *const ptr = heap_alloc(&process_storage.heap, size);
    return SEGFIT_LIKELY(ptr != NULL) ? ptr : process_alloc_more(size);
}

PROCESS_OFFERED void *process_alloc(size_t size)
{
    if (SEGFIT_LIKELY(size <= CACHE_LARGEST_REQUEST)) {
        void *const cached = process_cached(size);
        if (SEGFIT_LIKELY(cached != NULL)) {
            return cached;
        }
    }
    return process_alloc_uncached(size);
}

#if SEGFIT_CHECK >= 1
/// True if `ptr` is a block that may be freed, and is not kept: then the heap gets it. Nothing is done for
/// NULL, and for what is no block but to say so.
static SEGFIT_FAST_APART bool process_lets_go_of_any(void *ptr)
{
    return ptr != NULL && process_is_sound(ptr) && !process_may_keep(ptr);
}
#endif

/// The same. Most of what is freed is judged in few branches; the rest, and to say what is wrong, in full.
static SEGFIT_FAST_INLINE bool process_lets_go(void *ptr)
{
#if SEGFIT_CHECK >= 1
    if (SEGFIT_LIKELY(pointer_is_plain(&process_storage.heap, process_storage.heap.high, ptr,
                                       SEGFIT_CACHE_LARGEST, BLOCK_PREV_FREE, 0) &&
                      !cache_is_marked(ptr))) {
        return !process_keep(ptr, block_size(block_of(ptr)));
    }
    return process_lets_go_of_any(ptr);
#else
    return ptr != NULL && !process_may_keep(ptr);
#endif
}

static SEGFIT_FAST_APART void process_release(void *ptr)
{
    heap_release(&process_storage.heap, block_of(ptr));
}

PROCESS_OFFERED void process_free(void *ptr)
{
    if (process_lets_go(ptr)) {
        process_release(ptr);
    }
}

#else
PROCESS_OFFERED void *process_alloc(size_t size)
{
    void *const ptr = heap_alloc(&process_storage.heap, size);
    return SEGFIT_LIKELY(ptr != NULL) ? ptr : process_alloc_more(size);
}

PROCESS_OFFERED void process_free(void *ptr)
{
    segfit_free(&process_storage.heap, ptr);
}
#endif

/// What is cached comes before these, or, without a cache, nothing.
#if SEGFIT_CACHE > 0
#define PROCESS_MORE SEGFIT_COLD
#else
#define PROCESS_MORE inline
#endif

static PROCESS_MORE void *process_calloc_more(size_t bytes)
{
    void *ptr = NULL;
    do {
        process_flush();
        ptr = segfit_growable_calloc(&process, 1, bytes);
    } while (ptr == NULL && process_try_again(bytes));
    return process_result(ptr);
}

PROCESS_OFFERED void *process_calloc(size_t count, size_t size)
{
    const size_t bytes = size_product(count, size);
#if SEGFIT_CACHE > 0
    void *ptr = process_cached(bytes);
    if (SEGFIT_LIKELY(ptr != NULL)) {
        __builtin_memset(ptr, 0, bytes);
        return ptr;
    }
    ptr = segfit__try_calloc(&process_storage.heap, bytes);
    if (SEGFIT_LIKELY(ptr != NULL)) {
        return ptr;
    }
#endif
    return process_calloc_more(bytes);
}

/// False for a bad pointer, of which segfit_panic was told: no memory can help it.
static inline bool process_is_worth_it(const void *ptr)
{
    return SEGFIT_CHECK == 0 || ptr == NULL ||
           pointer_fault(&process_storage.heap, ptr) == SEGFIT_OK;
}

static PROCESS_MORE void *process_realloc_more(void *ptr, size_t size)
{
    void *moved = NULL;
    do {
        process_flush();
        moved = segfit_growable_realloc(&process, ptr, size);
    } while (moved == NULL && process_is_worth_it(ptr) && process_try_again(size));
    return process_result(moved);
}

PROCESS_OFFERED void *process_realloc(void *ptr, size_t size)
{
#if SEGFIT_CACHE > 0
    if (ptr == NULL) {
        return process_alloc(size);
    }
    if (!process_is_sound(ptr)) {
        return process_result(NULL);
    }
    void *moved = process_grow_cached(ptr, block_size(block_of(ptr)), size);
    if (SEGFIT_LIKELY(moved != NULL)) {
        if (moved != ptr && !process_may_keep(ptr)) {
            segfit__release(&process_storage.heap, block_of(ptr));
        }
        return moved;
    }
    moved = segfit__try_realloc(&process_storage.heap, ptr, SEGFIT_ALIGN, size);
    if (SEGFIT_LIKELY(moved != NULL)) {
        return moved;
    }
#endif
    return process_realloc_more(ptr, size);
}

static PROCESS_MORE void *process_aligned_more(size_t alignment, size_t size)
{
    void *ptr = NULL;
    do {
        process_flush();
        ptr = segfit_growable_alloc_aligned(&process, alignment, size);
    } while (ptr == NULL && process_try_again(size));
    return ptr;
}

/// For an alignment that is a power of two, any size. NULL if there is no memory; errno is kept.
static void *process_try_aligned(size_t alignment, size_t size)
{
#if SEGFIT_CACHE > 0
    void *ptr = process_cached_aligned(alignment, size);
    if (ptr == NULL) {
        ptr = segfit__try_alloc_aligned(&process_storage.heap, alignment, size);
    }
    if (SEGFIT_LIKELY(ptr != NULL)) {
        return ptr;
    }
#endif
    return process_aligned_more(alignment, size);
}

PROCESS_OFFERED size_t process_usable_size(void *ptr)
{
    return ptr != NULL && process_is_sound(ptr) ? guard_bytes(block_of(ptr)) : 0;
}
#endif

/// aligned_alloc and memalign: any power of two, any size.
PROCESS_OFFERED void *process_aligned_alloc(size_t alignment, size_t size)
{
    if (!is_power_of_two(alignment)) {
        PROCESS_SET_ERRNO(EINVAL);
        return NULL;
    }
    return process_result(process_try_aligned(alignment, size));
}

/// Says by its result what is wrong, and leaves `*memory` and errno alone then.
PROCESS_OFFERED int process_posix_memalign(void **memory, size_t alignment, size_t size)
{
    if (!is_power_of_two(alignment) || alignment < sizeof(void *)) {
        return EINVAL;
    }
    // POSIX leaves errno open; C libraries set it, and programs for them look at it.
    void *const ptr = process_result(process_try_aligned(alignment, size));
    if (ptr == NULL) {
        return ENOMEM;
    }
    *memory = ptr;
    return 0;
}

// ----------------------------------------------------------------------------------------- names

#include "malloc_names.h"
#include "../core/libcalls.c"

#if SEGFIT_OS_OWN_BULK
#pragma clang attribute pop
#endif

#if defined(__cplusplus)
}
#endif

#include "malloc_inspection.h"

#if defined(__wasm__) && !defined(__wasm_atomics__)
/// Marks the object as one for a single thread. Without atomics the compiler makes a plain variable of it and
/// notes that in the object, and wasm-ld then refuses the object for memory that threads share. Nothing uses
/// the variable, so that no program contains it.
__attribute__((visibility("hidden"))) _Thread_local char segfit__malloc_for_one_thread;
#endif

#endif
