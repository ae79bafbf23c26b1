// SPDX-License-Identifier: MIT
/// malloc_trim: gives pages inside free blocks back to the system.
#ifndef SEGFIT_MALLOC_TRIM_H
#define SEGFIT_MALLOC_TRIM_H

#include "policy.h"

#include "../port/discard.h"

/// Releases the pages inside free blocks, except `pad` bytes at the end of each pool. Returns 1 if
/// there were any, 0 if not. Address space is kept; on wasm all memory is. Linear in blocks.
PROCESS_OFFERED int process_malloc_trim(size_t pad)
{
    segfit_walk_t walk = {0};
    bool any = false;
    segfit_malloc_flush();
    policy_enter();
    while (SEGFIT_PORT_DISCARDS && segfit_walk_next(&process_storage.heap, &walk)) {
        // Keeps header, links and footer, with room to spare, since only whole pages are released.
        size_t kept = 2U * MIN_BLOCK;
        if (block_is_sentinel(block_next(block_of(walk.ptr)))) {
            kept += pad < walk.size ? pad : walk.size;
        }
        if (!walk.used && walk.size > kept) {
            any |= port_discard((char *)walk.ptr + MIN_BLOCK, walk.size - kept);
        }
    }
    policy_leave();
    return any ? 1 : 0;
}

#endif
