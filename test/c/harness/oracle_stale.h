// SPDX-License-Identifier: MIT
/// Pointers to blocks that live no more: which of them the library must report. It is those whose
/// header was in no live block since. Of any other, nobody can tell: bytes of a program may look
/// like a header.
#ifndef SEGFIT_TEST_ORACLE_STALE_H
#define SEGFIT_TEST_ORACLE_STALE_H

#include "oracle.h"

/// True if this program's library looks at pointers.
#if defined(SEGFIT_CHECK)
#define ORACLE_REPORTS (SEGFIT_CHECK >= 1)
#else
#define ORACLE_REPORTS true
#endif

/// True if `ptr` lies in a free block of a pool.
static inline bool oracle_is_in_free_block(const oracle *o, const unsigned char *ptr)
{
    for (segfit_walk_t walk = {0}; segfit_walk_next(o->heap, &walk);) {
        const unsigned char *const begin = walk.ptr;
        if (ptr >= begin && ptr < begin + walk.size) {
            return !walk.used;
        }
    }
    return false;
}

/// A pointer that must be reported, the first from unit `from` on; NULL if no pointer must.
static inline unsigned char *oracle_stale(const oracle *o, size_t from)
{
    for (size_t i = 0; i < ORACLE_UNITS; i++) {
        const size_t unit = (from + i) % ORACLE_UNITS;
        unsigned char *const ptr = o->space + unit * ORACLE_UNIT;
        if (o->stale[unit] != 0 && oracle_is_in_free_block(o, ptr)) {
            return ptr;
        }
    }
    return NULL;
}

/// Makes a heap again where it was: all blocks vanish, and all memory but strangers' is nobody's.
/// False if it is not made.
static inline bool oracle_make_again(oracle *o, const segfit_options_t *options)
{
    oracle_remove_all(o);
    for (size_t at = 0; at < ORACLE_SPACE; at++) {
        if (o->owner[at] == OWNER_HEAP) {
            o->owner[at] = OWNER_NOBODY;
            o->left[at] = o->space[at];
        }
    }
    memset(o->pools, 0, sizeof o->pools);
    return segfit_init_empty(o->begin, ORACLE_CONTROL, options) == o->heap;
}

#endif
