// SPDX-License-Identifier: MIT
/// The library that loader.c loads: it allocates when it is loaded, used and unloaded. Compiled
/// with OWN, it uses a malloc that is linked into it under other names.
#include <stdlib.h>

#if defined(OWN)
void *my_malloc(size_t size);
void my_free(void *ptr);
#define LIBRARY_MALLOC my_malloc
#define LIBRARY_FREE my_free
#else
#define LIBRARY_MALLOC malloc
#define LIBRARY_FREE free
#endif

static void *(*volatile call_malloc)(size_t) = LIBRARY_MALLOC;
static void (*volatile call_free)(void *) = LIBRARY_FREE;

static void *kept;

void library_work(void);

void library_work(void)
{
    void *blocks[20];
    for (size_t i = 0; i < 20; i++) {
        blocks[i] = call_malloc(1 + i * 200);
    }
    for (size_t i = 0; i < 20; i++) {
        call_free(blocks[i]);
    }
}

__attribute__((constructor)) static void load(void)
{
    kept = call_malloc(1000);
    library_work();
}

__attribute__((destructor)) static void unload(void)
{
    library_work();
    call_free(kept);
}
