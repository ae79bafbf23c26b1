// SPDX-License-Identifier: MIT
/// The lock, with native threads: that one holds it at a time, and that no waiter is forgotten.
#define TEST_MAIN
#include "../test.h"

#include "../../../src/port/lock.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

enum {
    threads = 4,
    rounds = 50000,
};

static segfit__lock_t lock;
/// Not atomic: it comes out right only if the lock keeps threads apart.
static size_t counter;

static void *count_up(void *unused)
{
    (void)unused;
    for (int round = 0; round < rounds; round++) {
        lock_acquire(&lock);
        counter++;
        // Now and then with the others at the door.
        if (round % 64 == 0) {
            sched_yield();
        }
        lock_release(&lock);
    }
    return NULL;
}

static void *count_up_if_free(void *unused)
{
    (void)unused;
    for (int round = 0; round < rounds;) {
        if (lock_try_acquire(&lock)) {
            counter++;
            round++;
            lock_release(&lock);
        } else {
            sched_yield();
        }
    }
    return NULL;
}

/// Runs each of both functions in half of the threads, to their ends.
static void run(void *(*first)(void *), void *(*second)(void *))
{
    pthread_t running[threads];
    counter = 0;
    for (int i = 0; i < threads; i++) {
        REQUIRE(pthread_create(&running[i], NULL, i % 2 == 0 ? first : second, NULL) == 0);
    }
    for (int i = 0; i < threads; i++) {
        CHECK(pthread_join(running[i], NULL) == 0);
    }
    CHECK(counter == (size_t)threads * rounds);
    CHECK(lock.state == LOCK_FREE);
}

TEST(memory_of_zeros_is_a_free_lock)
{
    segfit__lock_t fresh = {0};
    CHECK(lock_try_acquire(&fresh));
    CHECK(!lock_try_acquire(&fresh));
    lock_release(&fresh);
    lock_acquire(&fresh);
    CHECK(!lock_try_acquire(&fresh));
    lock_release(&fresh);
    CHECK(fresh.state == LOCK_FREE);
}

TEST(one_thread_holds_it_at_a_time)
{
    run(count_up, count_up);
}

TEST(those_who_only_try_get_it_beside_those_who_wait)
{
    run(count_up, count_up_if_free);
}

static void *hold_until_awaited(void *unused)
{
    (void)unused;
    lock_acquire(&lock);
    __atomic_store_n(&counter, 1, __ATOMIC_RELEASE);
    while (SEGFIT_LOCK_FUTEX && __atomic_load_n(&lock.state, __ATOMIC_RELAXED) != LOCK_AWAITED) {
        sched_yield();
    }
    lock_release(&lock);
    return NULL;
}

TEST(a_sleeper_is_woken_and_its_errno_is_kept)
{
    pthread_t holder;
    for (int round = 0; round < 200; round++) {
        counter = 0;
        REQUIRE(pthread_create(&holder, NULL, hold_until_awaited, NULL) == 0);
        while (__atomic_load_n(&counter, __ATOMIC_ACQUIRE) == 0) {
            sched_yield();
        }
        errno = 12345;
        lock_acquire(&lock);
        CHECK(errno == 12345);
        lock_release(&lock);
        CHECK(errno == 12345);
        REQUIRE(pthread_join(holder, NULL) == 0);
    }
}
