// SPDX-License-Identifier: MIT
/// A source for growable heaps that behaves as WebAssembly's memory does: whole pages behind one
/// another, out of one arena, where others take pages as well. It counts, and fails when told to.
#ifndef SEGFIT_TEST_PAGED_SOURCE_H
#define SEGFIT_TEST_PAGED_SOURCE_H

#include "heap_fixture.h"
#include "segfit/growable.h"

enum {
    PAGED_ALIGN = 64
};

typedef struct paged_source {
    segfit_source_t source;
    unsigned char *arena;
    size_t arena_size;
    /// As calloc gave it: the arena begins at its first multiple of PAGED_ALIGN.
    void *allocated;
    size_t page;
    /// Where the next page begins, as an offset.
    size_t top;
    /// Bytes that the heap was given and has not released.
    size_t given;
    /// Calls of grow and extend so far, those that were refused included.
    size_t calls;
    /// The call (counted from 1) that is refused, and all calls after it if `fail_on`.
    size_t fail_at;
    bool fail_on;
    size_t largest_ask;
    /// Pages that somebody else takes before each call.
    size_t foreign_pages;
    /// Each region begins this many bytes past a page: a misaligned source.
    size_t skew;
    /// Set when the heap broke the source's contract.
    bool abused;
} paged_source;

static inline size_t paged_round(const paged_source *p, size_t size)
{
    return (size + p->page - 1) / p->page * p->page;
}

static inline bool paged_refuses(paged_source *p, size_t min_size)
{
    p->calls++;
    p->abused |= min_size == 0;
    p->largest_ask = min_size > p->largest_ask ? min_size : p->largest_ask;
    p->top += p->foreign_pages * p->page;
    return p->calls == p->fail_at || (p->fail_on && p->fail_at != 0 && p->calls > p->fail_at) ||
           min_size > p->arena_size || p->top + paged_round(p, min_size + p->skew) > p->arena_size;
}

static inline void *paged_grow(void *context, size_t min_size, size_t *size)
{
    paged_source *const p = context;
    if (paged_refuses(p, min_size)) {
        return NULL;
    }
    unsigned char *const begin = p->arena + p->top + p->skew;
    *size = paged_round(p, min_size + p->skew) - p->skew;
    p->top += *size + p->skew;
    p->given += *size;
    return begin;
}

static inline size_t paged_extend(void *context, void *end, size_t min_size)
{
    paged_source *const p = context;
    if (paged_refuses(p, min_size) || p->arena + p->top < (unsigned char *)end ||
        p->arena + p->top - (unsigned char *)end >= (ptrdiff_t)p->page) {
        return 0;
    }
    // The rest of the last page counts, since no other caller was given it.
    const size_t left = (size_t)(p->arena + p->top - (unsigned char *)end);
    const size_t more = min_size > left ? paged_round(p, min_size - left) : 0;
    p->top += more;
    p->given += more;
    return left + more;
}

static inline void paged_release(void *context, void *memory, size_t size)
{
    paged_source *const p = context;
    unsigned char *const begin = memory;
    p->abused |= begin < p->arena || size > p->given || begin + size > p->arena + p->top;
    p->given -= size;
    memset(memory, 0xDD, size);
}

/// A source that can only grow. `arena_size` bytes of zeroed memory; released by paged_free.
static inline paged_source paged_make(size_t arena_size, size_t page)
{
    unsigned char *const allocated = calloc(1, arena_size + PAGED_ALIGN);
    const size_t lead = PAGED_ALIGN - (uintptr_t)allocated % PAGED_ALIGN;
    paged_source made = {
        .arena = allocated + lead, .arena_size = arena_size, .allocated = allocated, .page = page};
    if (allocated == NULL) {
        printf("the test itself is out of memory\n");
        exit(1);
    }
    made.source.grow = paged_grow;
    return made;
}

static inline void paged_free(paged_source *p)
{
    free(p->allocated);
    p->arena = NULL;
}

/// Pages handed out so far, whoever got them.
static inline size_t paged_pages(const paged_source *p)
{
    return p->top / p->page;
}

#endif
