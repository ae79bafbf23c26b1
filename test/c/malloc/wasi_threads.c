// SPDX-License-Identifier: MIT
/// The archive for wasi-threads in a program of threads that come and go: wasi:thread-spawn and
/// wasi_thread_start as wasi-libc uses them, and the few parts of wasi-libc that the archive calls.
#include <segfit/malloc.h>

#define EXPORT(name) __attribute__((export_name(#name)))
#define IMPORT(from, name) __attribute__((import_module(from), import_name(name)))

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *ptr, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
void free(void *ptr);

// ------------------------------------------------------------------------------ of a C library

_Thread_local int errno;
static _Thread_local const void *value_of_key;
static void (*end_of_key)(void *);

int pthread_key_create(unsigned *key, void (*ended)(void *))
{
    *key = 1;
    end_of_key = ended;
    return 0;
}

int pthread_setspecific(unsigned key, const void *value)
{
    value_of_key = value;
    return key == 1 ? 0 : 22;
}

intptr_t write(int file, const void *bytes, size_t size)
{
    (void)file;
    (void)bytes;
    return (intptr_t)size;
}

// ------------------------------------------------------------------------------------- threads

enum {
    STACK = 65536,
    THREADS = 3,
    GENERATIONS = 8,
    ROUNDS = 400,
    SLOTS = 50,
};

/// The argument of a new instance: wasi_thread_start reads the first two fields.
typedef struct thread {
    char *stack;
    char *thread_local_base;
    uint32_t seed;
    int wrong;
    int ended;
} thread_t;

IMPORT("wasi", "thread-spawn") int thread_spawn(thread_t *thread);
void __wasm_init_tls(void *memory);
void begin_thread(int id, thread_t *thread);

__asm__(".globaltype __stack_pointer, i32\n"
        ".globl wasi_thread_start\n"
        ".export_name wasi_thread_start, wasi_thread_start\n"
        ".functype begin_thread (i32, i32) -> ()\n"
        ".functype __wasm_init_tls (i32) -> ()\n"
        ".type wasi_thread_start,@function\n"
        "wasi_thread_start:\n"
        ".functype wasi_thread_start (i32, i32) -> ()\n"
        "local.get 1\n"
        "i32.load 0\n"
        "global.set __stack_pointer\n"
        "local.get 1\n"
        "i32.load 4\n"
        "call __wasm_init_tls\n"
        "local.get 0\n"
        "local.get 1\n"
        "call begin_thread\n"
        "end_function\n");

static uint32_t next(uint32_t *random)
{
    *random = *random * 1664525U + 1013904223U;
    return *random >> 8;
}

/// Allocates, fills, compares and frees at random. Returns how many blocks were not as they were
/// left.
static int work(uint32_t seed)
{
    unsigned char *blocks[SLOTS] = {NULL};
    int wrong = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const uint32_t slot = next(&seed) % SLOTS;
        const size_t size = 1U + next(&seed) % (round % 40 == 0 ? 60000U : 300U);
        wrong += blocks[slot] != NULL && blocks[slot][0] != (unsigned char)slot;
        if (round % 3 == 0) {
            blocks[slot] = realloc(blocks[slot], size);
        } else {
            free(blocks[slot]);
            blocks[slot] = calloc(1, size);
        }
        if (blocks[slot] == NULL) {
            return wrong + 1;
        }
        blocks[slot][0] = (unsigned char)slot;
    }
    for (int slot = 0; slot < SLOTS; slot++) {
        free(blocks[slot]);
    }
    return wrong;
}

void begin_thread(int id, thread_t *thread)
{
    (void)id;
    // ENOMEM is 48 in WASI, and errno the thread's own.
    errno = 0;
    thread->wrong = work(thread->seed) + (malloc(SIZE_MAX - 100000) != NULL) + (errno != 48);
    if (value_of_key != NULL) {
        end_of_key((void *)(uintptr_t)value_of_key);
    }
    __atomic_store_n(&thread->ended, 1, __ATOMIC_RELEASE);
    __builtin_wasm_memory_atomic_notify(&thread->ended, 1);
}

/// Runs one generation of threads beside the main thread's own work. Returns how much was wrong.
static int run_generation(uint32_t seed)
{
    thread_t *threads[THREADS];
    char *stacks[THREADS];
    char *locals[THREADS];
    int wrong = 0;
    for (uint32_t i = 0; i < THREADS; i++) {
        stacks[i] = aligned_alloc(16, STACK);
        locals[i] = aligned_alloc(16, 16 + __builtin_wasm_tls_size());
        threads[i] = calloc(1, sizeof(thread_t));
        *threads[i] = (thread_t){stacks[i] + STACK, locals[i], seed + i, 0, 0};
        wrong += thread_spawn(threads[i]) < 0;
    }
    wrong += work(seed + THREADS);
    for (int i = 0; i < THREADS; i++) {
        while (__atomic_load_n(&threads[i]->ended, __ATOMIC_ACQUIRE) == 0) {
            (void)__builtin_wasm_memory_atomic_wait32(&threads[i]->ended, 0, -1);
        }
        wrong += threads[i]->wrong;
        free(threads[i]);
        free(locals[i]);
        free(stacks[i]);
    }
    return wrong;
}

static size_t blocks_in_use(void)
{
    segfit_stats_t stats;
    segfit_malloc_stats(&stats);
    return stats.used_blocks;
}

/// How much was wrong, counting blocks that stay in use although their thread has ended.
EXPORT(run) int run(uint32_t seed)
{
    int wrong = run_generation(seed);
    const size_t before = blocks_in_use();
    for (uint32_t i = 1; i < GENERATIONS; i++) {
        wrong += run_generation(seed + i * THREADS);
    }
    return wrong + (int)(blocks_in_use() - before) + !segfit_malloc_check(NULL);
}
