// SPDX-License-Identifier: MIT
/// Fragmentation against the worst enemy known: J. M. Robson's program (1971, 1974) keeps at most M
/// words live in blocks of powers of two up to n, and frees just those blocks that leave holes too
/// small for the next size. It forces any allocator that does not move blocks to M (log2(n) / 2 +
/// 1) − n + 1 words.
#define TEST_MAIN
#include "../test.h"

#include "../api/heap_fixture.h"

enum {
    /// A word of the theory: the smallest block, so that every size is exactly a block.
    WORD_BYTES = SEGFIT_MIN_BLOCK,
    LIVE_WORDS = 4096,
    MEMORY = 16 * LIVE_WORDS * WORD_BYTES
};

typedef struct object {
    unsigned char *ptr;
    size_t words;
} object;

static unsigned char *memory;
static segfit_t *heap;
static object objects[LIVE_WORDS];
static size_t object_count;
static size_t live_words;
static const unsigned char *highest;

static const unsigned char *first_payload(void)
{
    segfit_walk_t walk = {0};
    return segfit_walk_next(heap, &walk) ? walk.ptr : NULL;
}

static bool allocate(size_t words)
{
    unsigned char *const ptr = segfit_alloc(heap, words * WORD_BYTES - SEGFIT_BLOCK_OVERHEAD);
    if (ptr == NULL) {
        return false;
    }
    objects[object_count++] = (object){ptr, words};
    live_words += words;
    highest = ptr + words * WORD_BYTES > highest ? ptr + words * WORD_BYTES : highest;
    return true;
}

/// True if the object holds a word whose address is `offset` modulo `period`.
static bool occupies(const object *o, const unsigned char *begin, size_t offset, size_t period)
{
    const size_t first = (size_t)(o->ptr - begin) / WORD_BYTES;
    return (offset + period - first % period) % period < o->words;
}

/// The words that are held fast by objects which occupy `offset`.
static size_t count_occupying(const unsigned char *begin, size_t offset, size_t period)
{
    size_t count = 0;
    for (size_t i = 0; i < object_count; i++) {
        count += occupies(&objects[i], begin, offset, period) ? period - objects[i].words : 0;
    }
    return count;
}

static void free_others(const unsigned char *begin, size_t offset, size_t period)
{
    for (size_t i = 0; i < object_count;) {
        if (occupies(&objects[i], begin, offset, period)) {
            i++;
            continue;
        }
        segfit_free(heap, objects[i].ptr);
        live_words -= objects[i].words;
        objects[i] = objects[--object_count];
    }
}

/// Plays the enemy with blocks up to `largest` words. Returns the words of memory that were needed,
/// in hundredths of the words that were ever live.
static unsigned play(size_t largest, segfit_policy_t policy)
{
    const segfit_options_t options = {.policy = policy};
    memory = malloc(MEMORY);
    heap = memory == NULL ? NULL : segfit_init(memory, MEMORY, &options);
    CHECK(heap != NULL);
    object_count = 0;
    live_words = 0;
    highest = memory;
    const unsigned char *const begin = first_payload();
    size_t offset = 0;
    bool served = true;
    for (size_t size = 1; size <= largest; size *= 2) {
        if (size > 1) {
            const size_t other = offset + size / 2;
            offset = count_occupying(begin, other, size) > count_occupying(begin, offset, size)
                         ? other
                         : offset;
            free_others(begin, offset, size);
        }
        while (served && live_words + size <= LIVE_WORDS) {
            served = allocate(size);
        }
    }
    CHECK(served && heap_is_sound(heap));
    const size_t needed = (size_t)(highest - begin) / WORD_BYTES;
    free(memory);
    return (unsigned)(needed * 100 / LIVE_WORDS);
}

/// `most`: hundredths. No allocator can stay below M (log2(n) / 2 + 1) − n + 1 words.
static void judge(size_t largest, segfit_policy_t policy, unsigned most)
{
    const unsigned needed = play(largest, policy);
    printf("n %zu: %u.%02u; ", largest, needed / 100, needed % 100);
    CHECK(needed <= most);
}

TEST(under_probe_the_adversary_forces_no_more_than_its_bound)
{
    judge(16, SEGFIT_POLICY_PROBE, 300);
    judge(256, SEGFIT_POLICY_PROBE, 500);
    judge(1024, SEGFIT_POLICY_PROBE, 600);
}

TEST(under_stock_the_adversary_forces_no_more_than_its_bound)
{
    judge(16, SEGFIT_POLICY_STOCK, 300);
    judge(256, SEGFIT_POLICY_STOCK, 500);
    judge(1024, SEGFIT_POLICY_STOCK, 600);
}
