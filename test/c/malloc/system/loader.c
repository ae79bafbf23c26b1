// SPDX-License-Identifier: MIT
/// The loader's lock and malloc's: libraries that allocate when they are loaded, while others fork
/// and allocate. The second argument is library.c as a shared library, and the third the same with
/// a malloc of its own, or "".
#define _GNU_SOURCE
#include "watchdog.h"

#include <dlfcn.h>

static const char *library_path;
static const char *own_path;

enum {
    LOADS = 100,
};

/// Calls `void NAME(void)` of a library.
static void call_in(void *library, const char *name)
{
    void (*function)(void) = NULL;
    void *const symbol = dlsym(library, name);
    NEED(symbol != NULL);
    memcpy(&function, &symbol, sizeof function);
    function();
}

static void load_once(const char *path)
{
    void *const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    NEED(library != NULL);
    call_in(library, "library_work");
    NEED(dlclose(library) == 0);
    // An error text is a block that the loader keeps for the thread.
    NEED(dlopen("/nowhere/library.so", RTLD_NOW) == NULL && dlerror() != NULL);
}

static void *load_often(void *path)
{
    for (int i = 0; i < LOADS; i++) {
        load_once(path);
    }
    return NULL;
}

static void load_while_others_fork(void)
{
    pthread_t threads[2];
    char path[500] = "";
    strncpy(path, library_path, sizeof path - 1);
    start_busy_threads();
    for (int i = 0; i < 2; i++) {
        NEED(pthread_create(&threads[i], NULL, load_often, path) == 0);
    }
    for (int i = 0; i < 50; i++) {
        const pid_t child = fork();
        if (child == 0) {
            watch();
            use_malloc(20);
            _exit(0);
        }
        NEED(child_is_well(child));
    }
    for (int i = 0; i < 2; i++) {
        NEED(pthread_join(threads[i], NULL) == 0);
    }
    stop_busy_threads();
}

static pthread_barrier_t unloaded;
static void *own_library;

/// Uses a library's own malloc, and ends after the library is gone.
static void *outlive_library(void *unused)
{
    call_in(own_library, "library_work");
    (void)pthread_barrier_wait(&unloaded);
    (void)pthread_barrier_wait(&unloaded);
    return unused;
}

/// A library with a malloc of its own is unloaded while threads have used it; then the process
/// forks.
static void unload_malloc_before_threads_end(void)
{
    if (own_path[0] == '\0') {
        return;
    }
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        own_library = dlopen(own_path, RTLD_NOW | RTLD_LOCAL);
        NEED(own_library != NULL);
        NEED(pthread_barrier_init(&unloaded, NULL, 2) == 0);
        NEED(pthread_create(&thread, NULL, outlive_library, NULL) == 0);
        (void)pthread_barrier_wait(&unloaded);
        NEED(dlclose(own_library) == 0);
        NEED(dlopen(own_path, RTLD_NOW | RTLD_NOLOAD) == NULL);
        (void)pthread_barrier_wait(&unloaded);
        NEED(pthread_join(thread, NULL) == 0 && pthread_barrier_destroy(&unloaded) == 0);
        const pid_t child = fork();
        if (child == 0) {
            watch();
            use_malloc(5);
            _exit(0);
        }
        NEED(child_is_well(child));
    }
}

static const scenario_t scenarios[] = {
    {"load", load_while_others_fork},
    {"unload", unload_malloc_before_threads_end},
};

int main(int argc, char **argv)
{
    if (argc < 4) {
        return 2;
    }
    library_path = argv[2];
    own_path = argv[3];
    return run_scenario(scenarios, sizeof scenarios / sizeof scenarios[0], argv[1]);
}
