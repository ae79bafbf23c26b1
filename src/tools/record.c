// SPDX-License-Identifier: MIT
/// Records a program's calls of malloc, as a trace that the visualizer plays.
///
///     cc -shared -fPIC -O2 -DSEGFIT_RECORD=1 src/tools/record.c -o record.so
///     LD_PRELOAD=./record.so SEGFIT_RECORD_FILE=lua.heapl lua script.lua
///
/// The trace is `.heapl`, one JSON object a line, in the order in which the calls took effect:
///
///     {"op":"H","v":1,"meta":{"recorder":"segfit","word_size":8}}
///     {"op":"M","id":1,"size":24}                  "zero":true for calloc, "align":64 if asked for
///     {"op":"R","id":2,"old_id":1,"size":48}       the block has a new id, also where it stayed
///     {"op":"F","id":2}
///
/// With SEGFIT_RECORD_TIMES=1 in the environment each has "t" too: nanoseconds since the header was
/// written, by the monotonic clock.
///
/// An id is never used twice. Calls that fail are not written, nor are frees of blocks that were
/// allocated before recording began. The program keeps its own malloc: this file stands in front of
/// it, and allocates nothing itself. Only the first process that creates the trace file writes to
/// it.
///
/// Linux 4.14 or newer, with glibc or musl. Compiles to nothing unless SEGFIT_RECORD is 1.
#if !defined(SEGFIT_RECORD)
#define SEGFIT_RECORD 0
#endif

#if SEGFIT_RECORD

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

// ------------------------------------------------------------------------------------ live blocks

/// A live block of the trace. An empty slot has address 0.
typedef struct live_block {
    uintptr_t address;
    uint64_t id;
} live_block;

enum {
    LIVE_BITS = 20,
    LIVE_SLOTS = 1 << LIVE_BITS,
    LIVE_MAX = LIVE_SLOTS / 4 * 3
};

/// Open addressing with linear probing; untouched pages cost nothing.
static live_block live[LIVE_SLOTS];
static size_t live_count;

static size_t live_home(uintptr_t address)
{
    return (size_t)(((uint64_t)address * 0x9E3779B97F4A7C15U) >> (64 - LIVE_BITS));
}

static size_t live_find(uintptr_t address)
{
    size_t slot = live_home(address);
    while (live[slot].address != 0 && live[slot].address != address) {
        slot = (slot + 1) % LIVE_SLOTS;
    }
    return slot;
}

static bool live_add(uintptr_t address, uint64_t id)
{
    if (live_count == LIVE_MAX) {
        return false;
    }
    const size_t slot = live_find(address);
    live_count += live[slot].address == 0;
    live[slot] = (live_block){address, id};
    return true;
}

/// Removes the block and returns its id, or 0 if the trace does not know it. Later entries of the
/// same run move up, so that no search stops early.
static uint64_t live_remove(uintptr_t address)
{
    size_t hole = live_find(address);
    const uint64_t id = live[hole].address == 0 ? 0 : live[hole].id;
    if (id == 0) {
        return 0;
    }
    for (size_t slot = (hole + 1) % LIVE_SLOTS; live[slot].address != 0;
         slot = (slot + 1) % LIVE_SLOTS) {
        const size_t distance = (slot - live_home(live[slot].address)) % LIVE_SLOTS;
        if (distance >= (slot - hole) % LIVE_SLOTS) {
            live[hole] = live[slot];
            hole = slot;
        }
    }
    live[hole] = (live_block){0, 0};
    live_count--;
    return id;
}

// ---------------------------------------------------------------------------------------- writing

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int file = -1;
static uint64_t last_id;
static char buffer[1 << 16];
static size_t buffered;
static bool with_times;
static uint64_t first_time;

static uint64_t now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

/// Writes the buffer to the file. The thread holds the lock, so write, a cancellation point, must
/// not end it.
static void flush(void)
{
    int state = PTHREAD_CANCEL_ENABLE;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    for (size_t done = 0; done < buffered && file >= 0;) {
        const ssize_t count = write(file, buffer + done, buffered - done);
        if (count > 0) {
            done += (size_t)count;
        } else if (errno != EINTR) {
            file = -1;
        }
    }
    buffered = 0;
    (void)pthread_setcancelstate(state, NULL);
}

static void put_text(const char *text)
{
    const size_t length = strlen(text);
    if (buffered + length > sizeof buffer) {
        flush();
    }
    memcpy(buffer + buffered, text, length);
    buffered += length;
}

static void put_number(uint64_t number)
{
    char digits[21];
    char *first = digits + sizeof digits - 1;
    *first = '\0';
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    put_text(first);
}

static void put_block(const char *op, uint64_t id)
{
    put_text("{\"op\":\"");
    put_text(op);
    put_text("\",");
    if (with_times) {
        put_text("\"t\":");
        put_number(now() - first_time);
        put_text(",");
    }
    put_text("\"id\":");
    put_number(id);
}

/// Opens the file and writes the header; the file must not exist yet.
static void open_file(void)
{
    const char *name = getenv("SEGFIT_RECORD_FILE");
    if (name == NULL || name[0] == '\0') {
        return;
    }
    const char *times = getenv("SEGFIT_RECORD_TIMES");
    with_times = times != NULL && strcmp(times, "1") == 0;
    if (times != NULL && !with_times && strcmp(times, "0") != 0) {
        static const char refused[] =
            "segfit: SEGFIT_RECORD_TIMES takes 0 or 1: nothing is recorded\n";
        (void)!write(STDERR_FILENO, refused, sizeof refused - 1);
        return;
    }
    first_time = now();
    file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    put_text("{\"op\":\"H\",\"v\":1,\"meta\":{\"recorder\":\"segfit\",\"word_size\":");
    put_number(sizeof(void *));
    put_text("}}\n");
}

static void record_new(uintptr_t address, size_t size, size_t alignment, bool zero)
{
    if (!live_add(address, last_id + 1)) {
        return;
    }
    put_block("M", ++last_id);
    put_text(",\"size\":");
    put_number(size);
    if (alignment != 0) {
        put_text(",\"align\":");
        put_number(alignment);
    }
    put_text(zero ? ",\"zero\":true}\n" : "}\n");
}

static void record_end(uint64_t id)
{
    put_block("F", id);
    put_text("}\n");
}

static void record_change(uint64_t old_id, uintptr_t address, size_t size)
{
    if (!live_add(address, last_id + 1)) {
        record_end(old_id);
        return;
    }
    put_block("R", ++last_id);
    put_text(",\"old_id\":");
    put_number(old_id);
    put_text(",\"size\":");
    put_number(size);
    put_text("}\n");
}

// ------------------------------------------------------------------------------ the malloc behind

static struct {
    void *(*malloc)(size_t);
    void (*free)(void *);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    int (*posix_memalign)(void **, size_t, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    void *(*memalign)(size_t, size_t);
} next;

/// dlsym may itself allocate: such blocks come from here, are zero, and are never freed.
static _Alignas(max_align_t) unsigned char early[1 << 14];
static size_t early_used;

static void *early_alloc(size_t size)
{
    const size_t rounded = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t);
    const size_t bytes = rounded * sizeof(max_align_t);
    if (size > sizeof early || bytes > sizeof early - early_used) {
        return NULL;
    }
    early_used += bytes;
    return early + early_used - bytes;
}

static bool is_early(const void *ptr)
{
    const uintptr_t offset = (uintptr_t)ptr - (uintptr_t)early;
    return offset < sizeof early;
}

/// Finds the next function of that name. Copies the pointer's bytes, since ISO C has no cast from
/// data to function pointers.
static void find_next(void *function, const char *name)
{
    void *const symbol = dlsym(RTLD_NEXT, name);
    memcpy(function, &symbol, sizeof symbol);
}

/// True in the process that records. It has a page of its own, which reads as zeros in a child. A
/// handler of pthread_atfork would run too late: other handlers may allocate before it, while the
/// lock is held by a thread that the child does not have.
static bool *is_recorder;

static bool make_recorder(void)
{
    const size_t size = (size_t)sysconf(_SC_PAGESIZE);
    is_recorder = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (is_recorder == MAP_FAILED || madvise(is_recorder, size, MADV_WIPEONFORK) != 0) {
        return false;
    }
    *is_recorder = true;
    return true;
}

/// True while a thread is inside this file: the C library's allocations are not the program's then.
static _Thread_local bool inside __attribute__((tls_model("initial-exec")));

static void start(void)
{
    int state = PTHREAD_CANCEL_ENABLE;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    inside = true;
    find_next(&next.free, "free");
    find_next(&next.calloc, "calloc");
    find_next(&next.realloc, "realloc");
    find_next(&next.posix_memalign, "posix_memalign");
    find_next(&next.aligned_alloc, "aligned_alloc");
    find_next(&next.memalign, "memalign");
    find_next(&next.malloc, "malloc");
    if (make_recorder()) {
        open_file();
    }
    inside = false;
    (void)pthread_setcancelstate(state, NULL);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

/// Returns true, and holds the lock, if this call is the program's own and the trace records it.
static bool begin(void)
{
    if (inside) {
        return false;
    }
    (void)pthread_once(&once, start);
    inside = true;
    if (file < 0 || !*is_recorder) {
        inside = false;
        return false;
    }
    (void)pthread_mutex_lock(&lock);
    return true;
}

static void end(void)
{
    (void)pthread_mutex_unlock(&lock);
    inside = false;
}

__attribute__((destructor)) static void finish(void)
{
    if (begin()) {
        flush();
        file = -1;
        end();
    }
}

// ------------------------------------------------------------------------------- what is replaced

PUBLIC void *malloc(size_t size)
{
    const bool recording = begin();
    void *const ptr = next.malloc != NULL ? next.malloc(size) : early_alloc(size);
    if (recording) {
        if (ptr != NULL) {
            record_new((uintptr_t)ptr, size, 0, false);
        }
        end();
    }
    return ptr;
}

PUBLIC void *calloc(size_t count, size_t size)
{
    const bool recording = begin();
    void *ptr = NULL;
    if (next.malloc != NULL) {
        ptr = next.calloc(count, size);
    } else if (size == 0 || count <= sizeof early / size) {
        ptr = early_alloc(count * size);
    }
    if (recording) {
        if (ptr != NULL) {
            record_new((uintptr_t)ptr, count * size, 0, true);
        }
        end();
    }
    return ptr;
}

PUBLIC void free(void *ptr)
{
    if (ptr == NULL || is_early(ptr)) {
        return;
    }
    const int error = errno;
    const bool recording = begin();
    if (recording) {
        const uint64_t id = live_remove((uintptr_t)ptr);
        if (id != 0) {
            record_end(id);
        }
    }
    next.free(ptr);
    if (recording) {
        end();
    }
    errno = error;
}

/// Moves a block out of `early` into the real heap.
static void *realloc_early(const void *ptr, size_t size)
{
    void *const moved = malloc(size);
    if (moved != NULL) {
        const size_t behind = (size_t)(early + sizeof early - (const unsigned char *)ptr);
        memcpy(moved, ptr, size < behind ? size : behind);
    }
    return moved;
}

PUBLIC void *realloc(void *ptr, size_t size)
{
    if (ptr == NULL) {
        return malloc(size);
    }
    if (is_early(ptr)) {
        return realloc_early(ptr, size);
    }
    const bool recording = begin();
    const uintptr_t old = (uintptr_t)ptr;
    void *const moved = next.realloc(ptr, size);
    if (recording) {
        if (moved != NULL || size == 0) {
            const uint64_t id = live_remove(old);
            if (moved == NULL && id != 0) {
                record_end(id);
            } else if (moved != NULL && id != 0) {
                record_change(id, (uintptr_t)moved, size);
            } else if (moved != NULL) {
                record_new((uintptr_t)moved, size, 0, false);
            }
        }
        end();
    }
    return moved;
}

PUBLIC int posix_memalign(void **ptr, size_t alignment, size_t size)
{
    const bool recording = begin();
    const int error = next.malloc != NULL ? next.posix_memalign(ptr, alignment, size) : ENOMEM;
    if (recording) {
        if (error == 0 && *ptr != NULL) {
            record_new((uintptr_t)*ptr, size, alignment, false);
        }
        end();
    }
    return error;
}

PUBLIC void *aligned_alloc(size_t alignment, size_t size)
{
    const bool recording = begin();
    void *const ptr = next.malloc != NULL ? next.aligned_alloc(alignment, size) : NULL;
    if (recording) {
        if (ptr != NULL) {
            record_new((uintptr_t)ptr, size, alignment, false);
        }
        end();
    }
    return ptr;
}

PUBLIC void *memalign(size_t alignment, size_t size)
{
    const bool recording = begin();
    void *const ptr = next.malloc != NULL ? next.memalign(alignment, size) : NULL;
    if (recording) {
        if (ptr != NULL) {
            record_new((uintptr_t)ptr, size, alignment, false);
        }
        end();
    }
    return ptr;
}

#else

/// ISO C wants something in every file.
typedef int segfit__no_recorder;

#endif
