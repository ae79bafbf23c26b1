// SPDX-License-Identifier: MIT
/// A program whose calls of malloc are known, for the recorder's test. Prints nothing, so that the
/// C library allocates nothing of its own.
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    THREADS = 4,
    ROUNDS = 2000,
    SLOTS = 16
};

/// Replaces blocks in turn: other threads receive the addresses that this thread frees.
static void *churn(void *context)
{
    void *blocks[SLOTS] = {NULL};
    const size_t base = (size_t)(uintptr_t)context;
    for (size_t round = 0; round < ROUNDS; round++) {
        void **const slot = &blocks[round % SLOTS];
        if (round % 3 == 0) {
            void *const moved = realloc(*slot, base + round % 500);
            *slot = moved;
        } else {
            free(*slot);
            *slot = malloc(base + round % 100);
        }
    }
    for (size_t slot = 0; slot < SLOTS; slot++) {
        free(blocks[slot]);
    }
    return NULL;
}

/// Allocations of a child belong to another process.
static int fork_and_allocate(void)
{
    const pid_t child = fork();
    if (child == 0) {
        void *volatile block = malloc(55555);
        free(block);
        _exit(0);
    }
    int status = 1;
    return waitpid(child, &status, 0) == child ? status : 1;
}

int main(void)
{
    void *const first = malloc(1001);
    void *const zeroed = calloc(7, 141);
    void *aligned = NULL;
    if (posix_memalign(&aligned, 256, 1003) != 0) {
        return 1;
    }
    void *const also = aligned_alloc(64, 1024);
    void *const moved = realloc(first, 100001);
    void *volatile refused = malloc(SIZE_MAX / 2);
    pthread_t threads[THREADS];
    for (size_t index = 0; index < THREADS; index++) {
        if (pthread_create(&threads[index], NULL, churn, (void *)(uintptr_t)(index + 1)) != 0) {
            return 1;
        }
    }
    for (size_t index = 0; index < THREADS; index++) {
        pthread_join(threads[index], NULL);
    }
    const int status = fork_and_allocate();
    free(refused);
    free(zeroed);
    free(aligned);
    free(also);
    free(moved);
    return status;
}
