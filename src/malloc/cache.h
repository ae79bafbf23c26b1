// SPDX-License-Identifier: MIT
/// The cache: freed small blocks that malloc keeps for the next requests of their size.
///
/// There is one bin for each block size up to SEGFIT_CACHE_LARGEST; a bin is a bounded stack. To
/// the heap a cached block is in use. The cache never writes its header, since a neighbour's owner
/// may be about to write the PREV_FREE bit. Link and mark stand in the payload:
///
///     header: size · flags │ next in the bin │ mark │ …
///
/// The mark is made from the block's address, and finds a second free of a cached block cheaply.
/// Only if the mark matches, free searches the bin: a program's own bytes can slow a free down and
/// never make it fail. At level 1 and above, a block leaves its bin only if its header and its mark
/// are sound. At level 2 and above, the mark covers the link, which is followed only if the mark
/// matches.
///
/// With threads, each thread has a cache. It alone changes the cache; others may count its blocks.
/// The free of a block that should not be cached is *deferred*: such blocks of all sizes are in one
/// list, so that the thread locks the heap once for many.
#ifndef SEGFIT_CACHE_H
#define SEGFIT_CACHE_H

#include "settings.h"

#include "../core/block.h"

#if SEGFIT_CACHE > 0

/// The payload of a cached block.
typedef struct cached {
    struct cached *next;
    uintptr_t mark;
} cached_t;

/// A stack of cached blocks of one size. A bin of zeros is empty and has no limit yet: its first
/// free finds no room and sets the limit.
typedef struct cache_bin {
    cached_t *first;
    /// How many more blocks the bin takes.
    size_t room;
} cache_bin_t;

enum {
    CACHE_BINS = (SEGFIT_CACHE_LARGEST >> ALIGN_LOG2) + 1,
    CACHE_FIRST_BIN = SEGFIT_MIN_BLOCK >> ALIGN_LOG2,
    /// The largest request whose block is cached.
    CACHE_LARGEST_REQUEST = SEGFIT_CACHE_LARGEST - WORD,
    /// The most deferred blocks: the next one is freed together with them.
    CACHE_DEFERRED = SEGFIT_CACHE_BATCH - 1,
    /// The most blocks in one list.
    CACHE_LONGEST =
        SEGFIT_THREADS && SEGFIT_CACHE_BATCH > SEGFIT_CACHE ? SEGFIT_CACHE_BATCH : SEGFIT_CACHE,
};

_Static_assert(sizeof(cached_t) + WORD <= SEGFIT_MIN_BLOCK, "a smallest block holds link and mark");

typedef struct cache {
    cache_bin_t bins[CACHE_BINS];
    /// The number of blocks served, minus the blocks with which the heap filled bins.
    size_t served;
#if SEGFIT_THREADS
    cache_bin_t deferred;
    size_t deferred_bytes;
    /// The list of all threads' caches: the next one, and the pointer that leads to this one.
    struct cache *next;
    struct cache **link;
#endif
} cache_t;

/// Writes and reads a counter of a cache, which other threads may read while its own thread changes
/// it.
#if SEGFIT_THREADS
#define CACHE_SET(place, value) __atomic_store_n(&(place), (value), __ATOMIC_RELAXED)
#define CACHE_GET(place) __atomic_load_n(&(place), __ATOMIC_RELAXED)
#else
#define CACHE_SET(place, value) ((place) = (value))
#define CACHE_GET(place) (place)
#endif

/// The blocks in a cache.
typedef struct cache_contents {
    size_t blocks;
    size_t bytes;
} cache_contents_t;

static inline bool cache_takes_size(size_t block_size)
{
    return block_size <= SEGFIT_CACHE_LARGEST;
}

static inline cache_bin_t *cache_bin(cache_t *cache, size_t block_size)
{
    return &cache->bins[block_size >> ALIGN_LOG2];
}

/// How many blocks of this size fit in `bytes`: at least 1, and at most `most`.
static inline size_t cache_blocks_in(size_t bytes, size_t block_size, size_t most)
{
    const size_t by_bytes = bytes / block_size;
    const size_t blocks = by_bytes < most ? by_bytes : most;
    return blocks == 0 ? 1 : blocks;
}

/// How many blocks of this size are cached: at least 1.
static inline size_t cache_limit(size_t block_size)
{
    return cache_blocks_in(SEGFIT_CACHE_BYTES, block_size, SEGFIT_CACHE);
}

/// How many blocks an empty bin is filled with, counting the requested one: at least 1.
static inline size_t cache_refill(size_t block_size)
{
    return cache_blocks_in(SEGFIT_CACHE_REFILL, block_size, cache_limit(block_size));
}

/// How many blocks a full bin returns to the heap at a time: at least 1, and at most half of them.
static inline size_t cache_batch(size_t block_size)
{
    const size_t half = (cache_limit(block_size) + 1U) / 2U;
    return half < SEGFIT_CACHE_BATCH ? half : SEGFIT_CACHE_BATCH;
}

/// Returns the number of blocks in a bin.
static inline size_t cache_bin_count(const cache_bin_t *bin, size_t block_size)
{
    return CACHE_GET(bin->first) == NULL ? 0 : cache_limit(block_size) - CACHE_GET(bin->room);
}

/// Makes a mark of an address: odd, so that no aligned address is one, and small, so that it takes
/// one byte of code.
#define CACHE_MARK ((uintptr_t)0x39U)

/// Returns the mark of the block at `ptr`. At level 2 and above it covers the link; at level 3 and
/// above it contains the key.
static inline uintptr_t cache_mark(const void *ptr)
{
    uintptr_t mark = address_of(ptr) ^ CACHE_MARK;
#if SEGFIT_CHECK >= 2
    mark += 3U * address_of(((const cached_t *)ptr)->next);
#endif
#if SEGFIT_CHECK >= 3
    mark += key_secret();
#endif
    return mark;
}

/// Returns true for every cached block, and by chance for few others.
static inline bool cache_is_marked(const void *ptr)
{
    return ((const cached_t *)ptr)->mark == cache_mark(ptr);
}

/// Returns true if header and mark of a cached block are those of a block of this size; at level 0
/// always. A write beyond the block before meets the header first; a write after the free meets the
/// mark.
static SEGFIT_FAST_INLINE bool cache_is_sound(const void *ptr, size_t block_size)
{
#if SEGFIT_CHECK == 1
    // Compares header and mark at once. A neighbour may change PREV_FREE at any time.
    const size_t header = block_header_shared(block_of(ptr)) & ~BLOCK_PREV_FREE;
    const uintptr_t mark = ((const cached_t *)ptr)->mark ^ address_of(ptr);
    return SEGFIT_LIKELY((header ^ block_size ^ mark) == CACHE_MARK);
#elif SEGFIT_CHECK >= 2
    // The mark covers the link that leads on from here.
    return SEGFIT_LIKELY(cache_is_marked(ptr) &&
                         (block_header_shared(block_of(ptr)) & ~BLOCK_PREV_FREE) == block_size);
#else
    (void)ptr;
    (void)block_size;
    return true;
#endif
}

/// Puts a block into a bin that has room.
static inline void cache_put(cache_bin_t *bin, void *ptr)
{
    cached_t *const cached = (cached_t *)ptr;
    SEGFIT_ASSERT(bin->room != 0);
    cached->next = bin->first;
#if SEGFIT_CHECK >= 1
    cached->mark = cache_mark(ptr);
#endif
    CACHE_SET(bin->first, cached);
    CACHE_SET(bin->room, bin->room - 1U);
}

/// Returns the next block in the bin. At level 1 a damaged link may lead anywhere, but never to a
/// misaligned address: the words there are read before they are checked, and some machines cannot
/// read a misaligned word.
static inline cached_t *cache_next(const cached_t *cached)
{
    const uintptr_t below = SEGFIT_CHECK == 1 ? SEGFIT_ALIGN - 1U : 0;
    return (cached_t *)(address_of(cached->next) & ~below);
}

/// Takes the block that `link` leads to out of a bin, and erases its mark.
static inline void *cache_take_at(cache_bin_t *bin, cached_t **link)
{
    cached_t *const cached = *link;
    CACHE_SET(*link, cache_next(cached));
    CACHE_SET(bin->room, bin->room + 1U);
#if SEGFIT_CHECK >= 2
    if (link != &bin->first) {
        cached_t *const before = (cached_t *)(uintptr_t)link;
        before->mark = cache_mark(before);
    }
#endif
#if SEGFIT_CHECK >= 1
    cached->mark = 0;
#endif
    return cached;
}

/// Takes the newest block out of a bin that is not empty.
static inline void *cache_take(cache_bin_t *bin)
{
    return cache_take_at(bin, &bin->first);
}

/// Empties a bin; its blocks stay used for ever.
static inline void cache_abandon(cache_bin_t *bin)
{
    CACHE_SET(bin->first, NULL);
    CACHE_SET(bin->room, 0);
}

/// Takes a block with this alignment out of a bin for blocks of this size. NULL if none of the
/// SEGFIT_CACHE_LOOKS newest blocks has the alignment.
static inline void *cache_take_aligned(cache_bin_t *bin, size_t block_size, size_t alignment)
{
    cached_t **link = &bin->first;
    for (int looks = 0; looks < SEGFIT_CACHE_LOOKS && *link != NULL; looks++) {
        if (SEGFIT_CHECK >= 2 && !cache_is_marked(*link)) {
            return NULL;
        }
        if (missing_to(address_of(*link), alignment) == 0) {
            return cache_is_sound(*link, block_size) ? cache_take_at(bin, link) : NULL;
        }
        link = &(*link)->next;
    }
    return NULL;
}

/// Returns true if `ptr` is in the bin. Linear in the bin's blocks, whose number is bounded.
static SEGFIT_COLD bool cache_bin_holds(const cache_bin_t *bin, const void *ptr)
{
    const cached_t *cached = bin->first;
    for (size_t seen = 0; cached != NULL && seen < CACHE_LONGEST; seen++) {
        if (cached == ptr) {
            return true;
        }
        if (SEGFIT_CHECK >= 2 && !cache_is_marked(cached)) {
            return false;
        }
        cached = cached->next;
    }
    return false;
}

/// Returns true if `ptr`, the payload of a block of this size that is used to the heap, is in the
/// cache.
static inline bool cache_holds(const cache_t *cache, const void *ptr, size_t block_size)
{
    return cache_takes_size(block_size) && SEGFIT_UNLIKELY(cache_is_marked(ptr)) &&
#if SEGFIT_THREADS
           (cache_bin_holds(&cache->deferred, ptr) ||
            cache_bin_holds(&cache->bins[block_size >> ALIGN_LOG2], ptr));
#else
           cache_bin_holds(&cache->bins[block_size >> ALIGN_LOG2], ptr);
#endif
}

/// Adds up the blocks in all bins and the deferred ones. Linear in bins.
static inline cache_contents_t cache_contents(const cache_t *cache)
{
    cache_contents_t contents = {0, 0};
    for (size_t index = CACHE_FIRST_BIN; index < CACHE_BINS; index++) {
        const size_t block_size = index << ALIGN_LOG2;
        const size_t count = cache_bin_count(&cache->bins[index], block_size);
        contents.blocks += count;
        contents.bytes += count * block_size;
    }
#if SEGFIT_THREADS
    contents.blocks += CACHE_DEFERRED - CACHE_GET(cache->deferred.room);
    contents.bytes += CACHE_GET(cache->deferred_bytes);
#endif
    return contents;
}

#endif

#endif
