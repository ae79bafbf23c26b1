// SPDX-License-Identifier: MIT
/// Forks, and all that the C library makes of them, while other threads hold the C library's locks
/// or malloc's.
#define _GNU_SOURCE
#include "watchdog.h"

#include <sched.h>
#include <spawn.h>

extern char **environ;

enum {
    FORKS = 100,
    READERS = 2,
};

// -------------------------------------------------------------------------------------- with stdio

static bool streams_stop;

/// Reads lines: getline calls malloc while it holds the FILE.
static void *read_lines(void *path)
{
    FILE *const file = fopen(path, "r");
    NEED(file != NULL);
    while (!__atomic_load_n(&streams_stop, __ATOMIC_RELAXED)) {
        char *line = NULL;
        size_t size = 0;
        rewind(file);
        while (getline(&line, &size, file) > 0) {
            call_free(line);
            line = NULL;
            size = 0;
        }
        call_free(line);
        (void)sched_yield();
    }
    NEED(fclose(file) == 0);
    return NULL;
}

/// Holds the list of FILEs while it waits for each FILE.
static void *flush_all(void *unused)
{
    while (!__atomic_load_n(&streams_stop, __ATOMIC_RELAXED)) {
        NEED(fflush(NULL) == 0);
        // Locks are not fair: the thread that forks would wait for long.
        (void)sched_yield();
    }
    return unused;
}

/// Opens and closes FILEs: a block and an entry of the list each time.
static void *open_files(void *unused)
{
    while (!__atomic_load_n(&streams_stop, __ATOMIC_RELAXED)) {
        FILE *const file = fopen("/dev/null", "w");
        NEED(file != NULL && fputs("text", file) >= 0 && fclose(file) == 0);
        (void)sched_yield();
    }
    return unused;
}

/// A child that uses stdio and malloc in all ways that wait for a lock.
static _Noreturn void end_child(void)
{
    watch();
    FILE *const file = fopen("/dev/null", "w");
    NEED(file != NULL && fprintf(file, "%s\n", "text") > 0 && fflush(NULL) == 0);
    NEED(fclose(file) == 0);
    use_malloc(20);
    _exit(0);
}

static void fork_with_stdio(void)
{
    char path[] = "/tmp/segfit-lines-XXXXXX";
    pthread_t threads[READERS + 2];
    const int made = mkstemp(path);
    NEED(made >= 0);
    for (int i = 0; i < 100; i++) {
        NEED(write(made, "a line that getline reads\n", 26) == 26);
    }
    NEED(close(made) == 0);
    for (int i = 0; i < READERS; i++) {
        NEED(pthread_create(&threads[i], NULL, read_lines, path) == 0);
    }
    NEED(pthread_create(&threads[READERS], NULL, flush_all, NULL) == 0);
    NEED(pthread_create(&threads[READERS + 1], NULL, open_files, NULL) == 0);
    for (int i = 0; i < FORKS; i++) {
        const pid_t child = fork();
        if (child == 0) {
            end_child();
        }
        NEED(child_is_well(child));
    }
    __atomic_store_n(&streams_stop, true, __ATOMIC_RELAXED);
    for (int i = 0; i < READERS + 2; i++) {
        NEED(pthread_join(threads[i], NULL) == 0);
    }
    NEED(unlink(path) == 0);
}

// ---------------------------------------------------------------------- handlers of pthread_atfork

static unsigned handler_calls;
static bool handler_forks;

static void use_malloc_in_handler(void)
{
    handler_calls++;
    use_malloc(3);
}

/// Forks once more. The inner child ends here, or goes on as the outer fork's parent.
static void fork_in_handler(void)
{
    use_malloc_in_handler();
    if (handler_forks) {
        handler_forks = false;
        const pid_t child = fork();
        if (child == 0) {
            end_child();
        }
        NEED(child_is_well(child));
    }
}

/// Registers handlers that run before and behind malloc's own, which malloc registers at its first
/// growth.
static void fork_with_handlers(void)
{
    NEED(pthread_atfork(fork_in_handler, fork_in_handler, use_malloc_in_handler) == 0);
    use_malloc(10);
    NEED(pthread_atfork(fork_in_handler, fork_in_handler, use_malloc_in_handler) == 0);
    start_busy_threads();
    for (int i = 0; i < 50; i++) {
        handler_calls = 0;
        handler_forks = i % 3 == 0;
        const pid_t child = fork();
        if (child == 0) {
            end_child();
        }
        NEED(child_is_well(child));
        NEED(handler_calls >= 4);
    }
    stop_busy_threads();
}

static bool parent_handler_forks;

static void fork_in_parent_handler(void)
{
    use_malloc(3);
    if (parent_handler_forks) {
        parent_handler_forks = false;
        fork_in_handler();
    }
}

/// A handler that forks in the parent, and one in the child, where the fork is already over.
static void fork_in_later_handlers(void)
{
    NEED(pthread_atfork(NULL, fork_in_parent_handler, fork_in_parent_handler) == 0);
    use_malloc(10);
    NEED(pthread_atfork(NULL, fork_in_parent_handler, fork_in_parent_handler) == 0);
    start_busy_threads();
    for (int i = 0; i < 30; i++) {
        parent_handler_forks = handler_forks = true;
        const pid_t child = fork();
        if (child == 0) {
            end_child();
        }
        NEED(child_is_well(child));
    }
    stop_busy_threads();
}

/// The child of a fork in a handler goes on with the outer fork.
static void go_on_from_inner_fork(void)
{
    handler_calls = 0;
    if (handler_forks) {
        handler_forks = false;
        const pid_t inner = fork();
        use_malloc(5);
        if (inner != 0) {
            NEED(child_is_well(inner));
        } else {
            watch();
        }
    }
}

static void fork_twice_as_deep(void)
{
    NEED(pthread_atfork(go_on_from_inner_fork, use_malloc_in_handler, use_malloc_in_handler) == 0);
    use_malloc(10);
    NEED(pthread_atfork(go_on_from_inner_fork, use_malloc_in_handler, use_malloc_in_handler) == 0);
    start_busy_threads();
    const pid_t self = getpid();
    handler_forks = true;
    const pid_t child = fork();
    if (child == 0) {
        end_child();
    }
    use_malloc(20);
    NEED(child_is_well(child));
    if (getpid() != self) {
        _exit(0);
    }
    stop_busy_threads();
}

// ------------------------------------------------------------------------------- several at a time

static void *fork_often(void *unused)
{
    for (int i = 0; i < 25; i++) {
        const pid_t child = fork();
        if (child == 0) {
            end_child();
        }
        NEED(child_is_well(child));
        use_malloc(5);
    }
    return unused;
}

static void fork_in_several_threads(void)
{
    pthread_t threads[3];
    start_busy_threads();
    for (int i = 0; i < 3; i++) {
        NEED(pthread_create(&threads[i], NULL, fork_often, NULL) == 0);
    }
    for (int i = 0; i < 3; i++) {
        NEED(pthread_join(threads[i], NULL) == 0);
    }
    stop_busy_threads();
}

/// A child of a child of a child, each with threads of its own.
static void fork_in_children(void)
{
    start_busy_threads();
    for (int depth = 0; depth < 4; depth++) {
        const pid_t child = fork();
        if (child != 0) {
            NEED(child_is_well(child));
            if (depth > 0) {
                _exit(0);
            }
            break;
        }
        watch();
        start_busy_threads();
        use_malloc(20);
        if (depth == 3) {
            _exit(0);
        }
    }
    stop_busy_threads();
}

// ----------------------------------------------------------------------------------- relatives of
// fork

static void spawn_programs(void)
{
    start_busy_threads();
    for (int i = 0; i < 10; i++) {
        char name[] = "true";
        char *words[] = {name, NULL};
        pid_t child = -1;
        NEED(posix_spawnp(&child, "true", NULL, NULL, words, environ) == 0 && child_is_well(child));
        NEED(system("exit 0") == 0);
        FILE *const pipe = popen("echo text", "r");
        char text[10] = "";
        NEED(pipe != NULL && fgets(text, sizeof text, pipe) == text && pclose(pipe) == 0);
        NEED(strcmp(text, "text\n") == 0);
        child = vfork();
        if (child == 0) {
            execlp("true", "true", (char *)NULL);
            _exit(1);
        }
        NEED(child_is_well(child));
    }
    stop_busy_threads();
}

/// A child of vfork shares the parent's memory: what it allocates the parent can free.
static void allocate_after_vfork(void)
{
    static void *volatile block;
    start_busy_threads();
    for (int i = 0; i < 100; i++) {
        const pid_t child = vfork();
        if (child == 0) {
            block = call_malloc(40 + (size_t)i * 50);
            _exit(0);
        }
        NEED(child_is_well(child) && block != NULL);
        call_free(block);
    }
    stop_busy_threads();
}

static void become_a_daemon(void)
{
    int ends[2];
    char answer = 0;
    start_busy_threads();
    NEED(pipe(ends) == 0);
    const pid_t child = fork();
    if (child == 0) {
        watch();
        NEED(daemon(1, 1) == 0);
        watch();
        use_malloc(100);
        NEED(write(ends[1], "y", 1) == 1);
        exit(0);
    }
    NEED(child_is_well(child));
    NEED(close(ends[1]) == 0 && read(ends[0], &answer, 1) == 1 && answer == 'y');
    stop_busy_threads();
}

static const scenario_t scenarios[] = {
    {"stdio", fork_with_stdio},
    {"handlers", fork_with_handlers},
    {"later-handlers", fork_in_later_handlers},
    {"deep", fork_twice_as_deep},
    {"threads", fork_in_several_threads},
    {"children", fork_in_children},
    {"spawn", spawn_programs},
    {"vfork", allocate_after_vfork},
    {"daemon", become_a_daemon},
};

MAIN_OF(scenarios)
