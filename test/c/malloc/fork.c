// SPDX-License-Identifier: MIT
/// A process that forks while its threads allocate: the child has a heap that works.
#define TEST_MAIN
#include "../test.h"

#include <pthread.h>
#include <segfit/malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    threads = 3,
    forks = 40,
};

static void *(*volatile call_malloc)(size_t) = malloc;
static void (*volatile call_free)(void *) = free;

static bool stopping;

/// Allocates and frees what goes through the lock often: large blocks, and many small ones.
static void *work(void *number)
{
    void *blocks[64] = {NULL};
    uint64_t random = (size_t)number;
    while (!__atomic_load_n(&stopping, __ATOMIC_RELAXED)) {
        const size_t slot = test_random_below(&random, 64);
        call_free(blocks[slot]);
        blocks[slot] = call_malloc(test_random_below(&random, slot % 2 == 0 ? 5000 : 200));
    }
    for (int slot = 0; slot < 64; slot++) {
        call_free(blocks[slot]);
    }
    return NULL;
}

static void *work_once(void *number)
{
    void *const block = call_malloc(3000);
    memset(block, 1, 3000);
    call_free(block);
    return number;
}

/// The child's work. Returns true if all went well. `mine` is the parent's block.
static bool child(char *mine)
{
    pthread_t thread;
    void *result = NULL;
    bool well = strcmp(mine, "of the parent") == 0 && segfit_malloc_check(NULL);
    call_free(mine);
    for (size_t size = 0; size < 3000; size += 7) {
        char *const block = call_malloc(size + 1);
        block[size] = 1;
        call_free(block);
    }
    well = well && pthread_create(&thread, NULL, work_once, mine) == 0;
    well = well && pthread_join(thread, &result) == 0 && result == mine;
    segfit_malloc_flush();
    return well && segfit_malloc_check(NULL);
}

TEST(a_child_allocates_whatever_other_threads_did_when_it_was_forked)
{
    pthread_t running[threads];
    for (size_t i = 0; i < threads; i++) {
        REQUIRE(pthread_create(&running[i], NULL, work, (void *)i) == 0);
    }
    for (int i = 0; i < forks; i++) {
        char *const mine = call_malloc(100);
        strcpy(mine, "of the parent");
        const pid_t pid = fork();
        REQUIRE(pid >= 0);
        if (pid == 0) {
            // A child that waits for a lock for ever never reports.
            alarm(20);
            _exit(child(mine) ? 0 : 1);
        }
        int status = -1;
        CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
        CHECK(strcmp(mine, "of the parent") == 0);
        call_free(mine);
    }
    __atomic_store_n(&stopping, true, __ATOMIC_RELAXED);
    for (int i = 0; i < threads; i++) {
        CHECK(pthread_join(running[i], NULL) == 0);
    }
    CHECK(segfit_malloc_check(NULL));
}
