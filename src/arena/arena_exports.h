// SPDX-License-Identifier: MIT
/// The arena's functions as the modules export them. Before arena.c, since the compiler takes these
/// attributes only before the definitions.
#ifndef SEGFIT_ARENA_EXPORTS_H
#define SEGFIT_ARENA_EXPORTS_H

#include "arena.h"

/// segfit_init with its options as plain arguments; 0 takes the default. All callers share this one
/// function, which is not inlined, since options in memory would need a shadow stack. `clean`: the
/// memory holds no header of an earlier block.
segfit_t *module_make(void *memory, size_t size, unsigned rows, unsigned columns, size_t largest,
                      segfit_policy_t policy, bool clean);

#define ARENA_EXPORT(name) __attribute__((export_name(#name)))

typedef struct arena arena_t;
typedef struct ring ring_t;

ARENA_EXPORT(arena_make)
arena_t *arena_make(uintptr_t begin, size_t length, size_t most, unsigned options);
ARENA_EXPORT(arena_end) void arena_end(arena_t *arena);
ARENA_EXPORT(arena_alloc)
void *arena_alloc(arena_t *arena, size_t size, size_t align, unsigned flags);
ARENA_EXPORT(arena_calloc) void *arena_calloc(arena_t *arena, size_t count, size_t size);
ARENA_EXPORT(arena_realloc)
void *arena_realloc(arena_t *arena, void *ptr, size_t size, size_t align, unsigned flags);
ARENA_EXPORT(arena_resize) bool arena_resize(arena_t *arena, void *ptr, size_t size);
ARENA_EXPORT(arena_free) void arena_free(arena_t *arena, void *ptr);
ARENA_EXPORT(arena_defer) void arena_defer(arena_t *arena, void *ptr);
ARENA_EXPORT(arena_size) size_t arena_size(arena_t *arena, void *ptr);
ARENA_EXPORT(arena_fault)
unsigned arena_fault(arena_t *arena, const void *ptr, unsigned flags);
ARENA_EXPORT(arena_max) size_t arena_max(const arena_t *arena);
ARENA_EXPORT(arena_lock) bool arena_lock(arena_t *arena, bool locks);
ARENA_EXPORT(arena_grow) bool arena_grow(arena_t *arena, size_t bytes);
ARENA_EXPORT(arena_trace) bool arena_trace(arena_t *arena, ring_t *ring, size_t bytes);
ARENA_EXPORT(arena_reset) void arena_reset(arena_t *arena);
ARENA_EXPORT(arena_check) bool arena_check(arena_t *arena);

#endif
