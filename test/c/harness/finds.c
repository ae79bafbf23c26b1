// SPDX-License-Identifier: MIT
/// The oracle finds what it is there for: with each of these broken allocators in the place of the
/// real one, random operations fail soon, are cut down to a few, and fail again when read from a
/// trace.
#define TEST_MAIN
#include "../test.h"

#include "segfit.h"

static void *broken_alloc(segfit_t *heap, size_t size);
static void broken_free(segfit_t *heap, void *ptr);
static void *broken_realloc(segfit_t *heap, void *ptr, size_t alignment, size_t size);
static void broken_reset(segfit_t *heap);

#define MACHINE_ALLOC broken_alloc
#define MACHINE_FREE broken_free
#define MACHINE_REALLOC broken_realloc
#define MACHINE_RESET broken_reset
#include "campaign.h"

enum {
    OPERATIONS = 1200,
    /// Random scripts within which each defect must show.
    SCRIPTS = 20,
    /// Operations that are enough for each.
    SHORT = 40
};

typedef enum defect {
    OVERLAP,
    MISALIGNED,
    TOO_SMALL,
    TOO_LARGE,
    REFUSES_WHAT_FITS,
    WRITES_WHEN_IT_FAILS,
    WRITES_BEHIND_THE_BLOCK,
    FORGETS_TO_FREE,
    FREES_THE_WRONG_BLOCK,
    BREAKS_A_BITMAP,
    COPIES_TOO_LITTLE,
    LEAVES_HEADERS_AT_RESET,
    DEFECTS
} defect;

static defect present;

/// The first used block that has room for `size` bytes, or NULL.
static void *first_used(const segfit_t *heap, size_t size)
{
    for (segfit_walk_t walk = {0}; segfit_walk_next(heap, &walk);) {
        if (walk.used && walk.size - SEGFIT_BLOCK_OVERHEAD >= size) {
            return walk.ptr;
        }
    }
    return NULL;
}

static void *broken_alloc(segfit_t *heap, size_t size)
{
    unsigned char *block = NULL;
    switch (present) {
    case OVERLAP:
        block = first_used(heap, size);
        block = block != NULL ? block : segfit_alloc(heap, size);
        break;
    case MISALIGNED:
        block = segfit_alloc(heap, size < SIZE_MAX - SEGFIT_ALIGN ? size + SEGFIT_ALIGN : size);
        block = block == NULL ? NULL : block + SEGFIT_ALIGN / 2;
        break;
    case TOO_SMALL:
        // As stock TLSF did with sizes that round to 0: mattconte/tlsf#22.
        block = segfit_alloc(heap, size + SEGFIT_BLOCK_OVERHEAD < size ? 1 : size);
        break;
    case TOO_LARGE:
        // As sysprog21/tlsf-bsd does: all of the block found.
        block = segfit_alloc(heap, size);
        (void)(block != NULL && segfit_resize(heap, block, segfit_max_alloc(heap) / 2 + size));
        break;
    case REFUSES_WHAT_FITS:
        block = size > segfit_max_alloc(heap) / 2 ? NULL : segfit_alloc(heap, size);
        break;
    default:
        block = segfit_alloc(heap, size);
    }
    if (present == WRITES_WHEN_IT_FAILS && block == NULL && segfit_max_alloc(heap) != 0) {
        void *const other = segfit_alloc(heap, 1);
        memset(other, 0x77, 1);
        segfit_free(heap, other);
    }
    if (present == WRITES_BEHIND_THE_BLOCK && block != NULL) {
        block[segfit_usable_size(heap, block)] ^= 2;
    }
    if (present == BREAKS_A_BITMAP && block != NULL) {
        unsigned char *const bits = (unsigned char *)heap + segfit_layout.control_column_bitmaps;
        bits[0] ^= 8;
    }
    return block;
}

static void broken_free(segfit_t *heap, void *ptr)
{
    if (present == FORGETS_TO_FREE && segfit_usable_size(heap, ptr) > 200) {
        return;
    }
    segfit_free(heap, present == FREES_THE_WRONG_BLOCK ? first_used(heap, 0) : ptr);
}

static void *broken_realloc(segfit_t *heap, void *ptr, size_t alignment, size_t size)
{
    unsigned char *const moved = segfit_realloc_aligned(heap, ptr, alignment, size);
    if (present == COPIES_TOO_LITTLE && moved != NULL && moved != ptr && size > 8) {
        moved[7] ^= 1;
    }
    return moved;
}

/// As a reset that only forgets: where blocks were, headers still say that they are used.
static void broken_reset(segfit_t *heap)
{
    static struct {
        unsigned char *header;
        size_t value;
    } headers[OPERATION_SLOTS];
    size_t count = 0;
    for (segfit_walk_t walk = {0}; present == LEAVES_HEADERS_AT_RESET && count < OPERATION_SLOTS &&
                                   segfit_walk_next(heap, &walk);) {
        if (walk.used) {
            headers[count].header = (unsigned char *)walk.ptr - SEGFIT_BLOCK_OVERHEAD;
            memcpy(&headers[count].value, headers[count].header, SEGFIT_BLOCK_OVERHEAD);
            count++;
        }
    }
    segfit_reset(heap);
    for (segfit_walk_t walk = {0}; count != 0 && segfit_walk_next(heap, &walk);) {
        const unsigned char *const begin = walk.ptr;
        for (size_t i = 0; i < count; i++) {
            if (headers[i].header > begin + SEGFIT_MIN_BLOCK &&
                headers[i].header < begin + walk.size) {
                memcpy(headers[i].header, &headers[i].value, SEGFIT_BLOCK_OVERHEAD);
            }
        }
    }
}

/// The first random script that fails, within SCRIPTS; its count is 0 if no script fails.
static void find_failing(script *s, uint64_t *seeds)
{
    size_t failed_at = 0;
    for (int i = 0; i < SCRIPTS; i++) {
        const setup heap = {.rows = 12, .columns_log2 = 4, .policy = (uint8_t)(i % 2)};
        script_random(s, &heap, OPERATIONS, test_random(seeds));
        if (campaign_run(s, &failed_at) != NULL) {
            s->count = failed_at < s->count ? failed_at : s->count;
            return;
        }
    }
    s->count = 0;
}

static void judge(defect which, uint64_t *seeds)
{
    static script s;
    static script read;
    size_t failed_at = 0;
    present = which;
    find_failing(&s, seeds);
    REQUIRE(s.count != 0);
    script_shrink(&s);
    const char *const wrong = campaign_run(&s, &failed_at);
    CHECK(wrong != NULL && s.count <= SHORT);
    REQUIRE(trace_save(&campaign_machine, &s, "finds.heapl"));
    REQUIRE(trace_load(&read, "finds.heapl"));
    CHECK(read.count == s.count && memcmp(&read.heap, &s.heap, sizeof s.heap) == 0);
    CHECK(campaign_run(&read, &failed_at) == wrong);
    present = DEFECTS;
    CHECK(campaign_run(&read, &failed_at) == NULL);
}

TEST(every_defect_is_found_cut_down_and_saved)
{
    uint64_t seeds = test_seed();
    fixture_is_quiet = true;
    for (int which = 0; which < DEFECTS; which++) {
        judge((defect)which, &seeds);
    }
}

TEST(without_a_defect_nothing_is_found)
{
    static script s;
    uint64_t seeds = test_seed();
    present = DEFECTS;
    find_failing(&s, &seeds);
    CHECK(s.count == 0);
}

TEST(a_file_other_than_a_trace_is_refused)
{
    static script s;
    CHECK(!trace_load(&s, "there-is-no-such-file.heapl"));
    FILE *const file = fopen("finds.heapl", "w");
    REQUIRE(file != NULL);
    (void)fputs("{\"op\":\"M\",\"step\":\"99 0 0 0 0\"}\n", file);
    (void)fclose(file);
    CHECK(!trace_load(&s, "finds.heapl"));
    (void)remove("finds.heapl");
}
