// SPDX-License-Identifier: MIT
/// Workloads of several threads: `threads WORKLOAD THREADS MILLISECONDS SLICES`.
///
/// A slice takes about so many milliseconds: in one or two, a system may well run all threads on
/// one processor. Prints, for each timed slice, the nanoseconds on the clock by all the pairs that
/// all threads did: half as many with two threads as with one is perfect scaling. Every block's
/// first and last bytes are written and read back; leaves with 1 if one was not as left.
///
/// 0, local: each thread replaces blocks of its own, 64 live, 16 to 271 B. 1, shared: all replace
/// blocks in one array of 1,024 and so free what another allocated. 2, handoff: half of the threads
/// allocate, the others free; batches of 128 go from one to the other. 3, nothing: numbers only,
/// which shows how many threads the machine ran at once.
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    WORKLOAD_LOCAL,
    WORKLOAD_SHARED,
    WORKLOAD_HANDOFF,
    WORKLOAD_NOTHING,
    MOST_THREADS = 8,
    LOCAL_SLOTS = 64,
    SHARED_SLOTS = 1024,
    BATCH = 128,
    BATCHES = 8,
    FIRST_PAIRS = 10000,
    MOST_PAIRS = 100 << 20,
};

typedef struct job {
    int workload;
    int threads;
    uint32_t pairs;
    bool done;
} job_t;

static job_t job;
static pthread_barrier_t barrier;
static atomic_uint errors;
/// When each thread began and ended the slice.
static double begins[MOST_THREADS];
static double ends[MOST_THREADS];

/// The next of a fixed sequence of numbers (xorshift64*), a thread's own.
static inline uint32_t random_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)(*state * 0x2545F4914F6CDD1DU >> 32);
}

// --------------------------------------------------------------------------------------- blocks

/// A block tells its own size, so that whoever frees it can look at both of its ends.
static uint32_t *block_new(uint32_t random)
{
    const uint32_t size = 16U + (random & 255U);
    uint32_t *const block = malloc(size);
    if (block == NULL) {
        errors++;
        return NULL;
    }
    block[0] = size;
    ((volatile unsigned char *)block)[size - 1U] = (unsigned char)size;
    return block;
}

static void block_delete(uint32_t *block)
{
    if (block == NULL) {
        return;
    }
    const uint32_t size = block[0];
    if (size - 16U > 255U || ((unsigned char *)block)[size - 1U] != (unsigned char)size) {
        errors++;
        return;
    }
    free(block);
}

// ---------------------------------------------------------------------------------------- local

static void run_local(uint64_t *random, uint32_t pairs)
{
    uint32_t *slots[LOCAL_SLOTS] = {NULL};
    for (uint32_t pair = 0; pair < pairs; pair++) {
        const uint32_t number = random_next(random);
        uint32_t **const slot = &slots[number >> 26];
        block_delete(*slot);
        *slot = block_new(number);
    }
    for (int slot = 0; slot < LOCAL_SLOTS; slot++) {
        block_delete(slots[slot]);
    }
}

static void run_nothing(uint64_t *random, uint32_t pairs)
{
    for (uint32_t pair = 0; pair < 4U * pairs; pair++) {
        random_next(random);
        __asm__ volatile("" : : "r"(*random));
    }
}

// --------------------------------------------------------------------------------------- shared

static _Atomic(uint32_t *) shared[SHARED_SLOTS];

static void run_shared(uint64_t *random, uint32_t pairs)
{
    for (uint32_t pair = 0; pair < pairs; pair++) {
        const uint32_t number = random_next(random);
        block_delete(atomic_exchange(&shared[number >> 22], block_new(number)));
    }
}

// -------------------------------------------------------------------------------------- handoff

/// A queue of batches between one thread that allocates and one that frees.
typedef struct queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint32_t *batches[BATCHES][BATCH];
    unsigned first;
    unsigned count;
} queue_t;

static queue_t queues[MOST_THREADS / 2];

/// Waits until the queue is not at `bound`, and returns the batch at `offset` from the first.
static uint32_t **queue_wait(queue_t *queue, unsigned bound, unsigned offset)
{
    pthread_mutex_lock(&queue->lock);
    while (queue->count == bound) {
        pthread_cond_wait(&queue->changed, &queue->lock);
    }
    const unsigned index = queue->first + (offset == 0 ? 0 : queue->count);
    pthread_mutex_unlock(&queue->lock);
    return queue->batches[index % BATCHES];
}

static void queue_change(queue_t *queue, bool filled)
{
    pthread_mutex_lock(&queue->lock);
    queue->first += !filled;
    queue->count += filled ? 1U : ~0U;
    pthread_cond_signal(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

static void run_producer(queue_t *queue, uint64_t *random, uint32_t pairs)
{
    for (uint32_t done = 0; done < pairs; done += BATCH) {
        uint32_t **const batch = queue_wait(queue, BATCHES, 1);
        for (int index = 0; index < BATCH; index++) {
            batch[index] = block_new(random_next(random));
        }
        queue_change(queue, true);
    }
}

static void run_consumer(queue_t *queue, uint32_t pairs)
{
    for (uint32_t done = 0; done < pairs; done += BATCH) {
        uint32_t **const batch = queue_wait(queue, 0, 0);
        for (int index = 0; index < BATCH; index++) {
            block_delete(batch[index]);
        }
        queue_change(queue, false);
    }
}

// -------------------------------------------------------------------------------------- threads

static void run_slice(int number, uint64_t *random)
{
    const uint32_t share = job.pairs / (uint32_t)job.threads;
    switch (job.workload) {
    case WORKLOAD_LOCAL:
        run_local(random, share);
        break;
    case WORKLOAD_SHARED:
        run_shared(random, share);
        break;
    case WORKLOAD_NOTHING:
        run_nothing(random, share);
        break;
    default: {
        const uint32_t pairs = job.pairs / ((uint32_t)job.threads / 2U);
        if (number % 2 == 0) {
            run_producer(&queues[number / 2], random, pairs);
        } else {
            run_consumer(&queues[number / 2], pairs);
        }
    }
    }
}

static double nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void *thread(void *argument)
{
    const int number = (int)(intptr_t)argument;
    uint64_t random = 0x5E6F17U + ((uint64_t)(number + 1) << 32);
    for (;;) {
        pthread_barrier_wait(&barrier);
        if (job.done) {
            return NULL;
        }
        begins[number] = nanoseconds();
        run_slice(number, &random);
        ends[number] = nanoseconds();
        pthread_barrier_wait(&barrier);
    }
}

/// From the first thread's begin to the last one's end: this thread may have slept through both.
static double slice_time(void)
{
    double begin = begins[0];
    double end = ends[0];
    for (int number = 1; number < job.threads; number++) {
        begin = begins[number] < begin ? begins[number] : begin;
        end = ends[number] > end ? ends[number] : end;
    }
    return end - begin;
}

/// Has all threads do their part of `pairs`. Returns the nanoseconds that it took.
static double time_slice(uint32_t pairs)
{
    job.pairs = pairs;
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return slice_time();
}

static void time_slices(double wanted, int slices)
{
    uint32_t pairs = FIRST_PAIRS;
    for (double time = time_slice(pairs); time < wanted * 0.8 && pairs < MOST_PAIRS;) {
        const double factor = wanted / time;
        pairs = (uint32_t)((double)pairs * (factor > 4.0 ? 4.0 : factor));
        time = time_slice(pairs);
    }
    for (int slice = 0; slice < slices; slice++) {
        printf("%.4g\n", time_slice(pairs) / (double)pairs);
    }
    job.done = true;
    pthread_barrier_wait(&barrier);
}

int main(int count, char **words)
{
    if (count != 5) {
        return 2;
    }
    job = (job_t){atoi(words[1]), atoi(words[2]), 0, false};
    pthread_t threads[MOST_THREADS];
    for (int queue = 0; queue < MOST_THREADS / 2; queue++) {
        pthread_mutex_init(&queues[queue].lock, NULL);
        pthread_cond_init(&queues[queue].changed, NULL);
    }
    pthread_barrier_init(&barrier, NULL, (unsigned)job.threads + 1U);
    for (int number = 0; number < job.threads; number++) {
        if (pthread_create(&threads[number], NULL, thread, (void *)(intptr_t)number) != 0) {
            return 2;
        }
    }
    time_slices(atof(words[3]) * 1e6, atoi(words[4]));
    for (int number = 0; number < job.threads; number++) {
        pthread_join(threads[number], NULL);
    }
    return errors == 0 ? 0 : 1;
}
