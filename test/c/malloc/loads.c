// SPDX-License-Identifier: MIT
/// A main module that loads another one: both allocate from one heap, and free each other's blocks.
#define TEST_MAIN
#include "../test.h"

#include <dlfcn.h>
#include <segfit/malloc.h>

static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;

static size_t live_blocks(void)
{
    segfit_stats_t stats;
    segfit_malloc_stats(&stats);
    return stats.used_blocks;
}

TEST(a_loaded_module_has_this_heap)
{
    void *const module = dlopen("loaded.wasm", RTLD_NOW);
    REQUIRE(module != NULL);
    char *(*const make)(size_t) = (char *(*)(size_t))dlsym(module, "module_make");
    void (*const drop)(void *) = (void (*)(void *))dlsym(module, "module_drop");
    REQUIRE(make != NULL && drop != NULL);
    const size_t before = live_blocks();
    char *const theirs = make(100000);
    REQUIRE(theirs != NULL);
    CHECK(live_blocks() == before + 1 && theirs[99999] == 5);
    call_free(theirs);
    CHECK(live_blocks() == before);
    drop(call_malloc(1000));
    CHECK(live_blocks() == before);
    CHECK(segfit_malloc_check(NULL));
}
