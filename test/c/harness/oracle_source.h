// SPDX-License-Identifier: MIT
/// A source of pages out of the oracle's space, where strangers take pages too. It refuses when
/// told to and notes when the heap breaks the contract of segfit_source_t.
#ifndef SEGFIT_TEST_ORACLE_SOURCE_H
#define SEGFIT_TEST_ORACLE_SOURCE_H

#include "oracle.h"

enum {
    ORACLE_PAGES = ORACLE_SPACE / ORACLE_PAGE
};

typedef struct oracle_source {
    segfit_source_t source;
    oracle *o;
    size_t skew;
    /// Calls of grow and extend so far, refused ones included.
    size_t calls;
    /// The call that is refused, counted from 1; 0: none.
    size_t refused_call;
    /// So many of the next calls are refused.
    size_t refuses;
    bool abused;
} oracle_source;

static inline size_t oracle_pages_for(size_t size)
{
    return size > ORACLE_SPACE ? ORACLE_PAGES + 1 : (size + ORACLE_PAGE - 1) / ORACLE_PAGE;
}

/// The first of `count` pages side by side, from page `from` on, that are nobody's; ORACLE_PAGES if
/// no such pages exist.
static inline size_t oracle_free_pages(const oracle *o, size_t from, size_t count)
{
    size_t run = 0;
    for (size_t page = from; page < ORACLE_PAGES && count <= ORACLE_PAGES; page++) {
        const bool nobodys =
            oracle_owns(o, o->space + page * ORACLE_PAGE, ORACLE_PAGE, OWNER_NOBODY);
        run = nobodys ? run + 1 : 0;
        if (run == count) {
            return page + 1 - count;
        }
    }
    return ORACLE_PAGES;
}

static inline bool oracle_source_refuses(oracle_source *s, size_t min_size)
{
    s->calls++;
    s->abused |= min_size == 0;
    const bool told = s->refuses != 0 || s->calls == s->refused_call;
    s->refuses -= s->refuses != 0;
    return told;
}

static inline void oracle_source_give(oracle_source *s, unsigned char *memory, size_t size)
{
    oracle_give(s->o, memory, size, OWNER_HEAP);
    if (s->source.zeroed) {
        memset(memory, 0, size);
        oracle_overwrite(s->o, memory, size);
    }
}

static inline void *oracle_grow(void *context, size_t min_size, size_t *size)
{
    oracle_source *const s = context;
    if (oracle_source_refuses(s, min_size) || min_size > ORACLE_SPACE) {
        return NULL;
    }
    const size_t pages = oracle_pages_for(min_size + s->skew);
    const size_t first = oracle_free_pages(s->o, 0, pages);
    if (first == ORACLE_PAGES) {
        return NULL;
    }
    unsigned char *const memory = s->o->space + first * ORACLE_PAGE + s->skew;
    *size = pages * ORACLE_PAGE - s->skew;
    oracle_source_give(s, memory, *size);
    return memory;
}

static inline size_t oracle_extend(void *context, void *end, size_t min_size)
{
    oracle_source *const s = context;
    const size_t at = oracle_offset(s->o, end);
    if (oracle_source_refuses(s, min_size) || at >= ORACLE_SPACE || at % ORACLE_PAGE != 0) {
        return 0;
    }
    const size_t pages = oracle_pages_for(min_size);
    if (oracle_free_pages(s->o, at / ORACLE_PAGE, pages) != at / ORACLE_PAGE) {
        return 0;
    }
    oracle_source_give(s, end, pages * ORACLE_PAGE);
    return pages * ORACLE_PAGE;
}

static inline void oracle_release(void *context, void *memory, size_t size)
{
    oracle_source *const s = context;
    if (!oracle_owns(s->o, memory, size, OWNER_HEAP)) {
        s->abused = true;
        return;
    }
    oracle_give(s->o, memory, size, OWNER_NOBODY);
}

static inline void oracle_source_make(oracle_source *s, oracle *o, const setup *heap)
{
    *s = (oracle_source){.o = o, .skew = heap->skew, .refused_call = heap->refused_call};
    s->source = (segfit_source_t){.grow = oracle_grow,
                                  .extend = heap->source == 2 ? oracle_extend : NULL,
                                  .release = oracle_release,
                                  .context = s,
                                  .growth_shift = heap->growth_shift,
                                  .zeroed = heap->zeroed != 0};
}

/// True if the source would give a region of `size` bytes now and refuses nothing.
static inline bool oracle_source_can(const oracle_source *s, size_t size)
{
    return size != 0 && size <= ORACLE_SPACE && s->refuses == 0 &&
           (s->refused_call == 0 || s->calls >= s->refused_call) &&
           oracle_free_pages(s->o, 0, oracle_pages_for(size + s->skew)) != ORACLE_PAGES;
}

/// A stranger takes the first free page behind page `from`, if there is one.
static inline void oracle_stranger(oracle *o, size_t from)
{
    const size_t page = oracle_free_pages(o, from % ORACLE_PAGES, 1);
    if (page != ORACLE_PAGES) {
        oracle_give(o, o->space + page * ORACLE_PAGE, ORACLE_PAGE, OWNER_STRANGER);
    }
}

#endif
