// SPDX-License-Identifier: MIT
/// The heap that threads share: entered under its lock, and with faults reported after the lock is
/// released.
///
/// segfit_panic may return, and may call malloc, so nothing calls it under the lock.
#ifndef SEGFIT_MALLOC_SHARED_HEAP_H
#define SEGFIT_MALLOC_SHARED_HEAP_H

#include "heap_lock.h"
#include "own_cache.h"

#include "../port/reach.h"

#if SEGFIT_THREADS
/// The fault that was found since the lock was taken; SEGFIT_OK if none was.
static process_fault_t heap_fault;

static SEGFIT_COLD void policy_report(segfit_fault_code_t code, const void *ptr)
{
    heap_fault = (process_fault_t){code, ptr};
}

static void policy_enter(void)
{
    heap_lock_acquire();
    port_reach(process_storage.heap.high);
}

static SEGFIT_COLD void heap_leave_and_report(void)
{
    const process_fault_t fault = heap_fault;
    heap_fault.code = SEGFIT_OK;
    heap_lock_release();
    segfit_panic(fault.code, &process_storage.heap, fault.ptr);
}

static void policy_leave(void)
{
    if (SEGFIT_CHECK >= 1 && SEGFIT_UNLIKELY(heap_fault.code != SEGFIT_OK)) {
        heap_leave_and_report();
    } else {
        heap_lock_release();
    }
}

/// Reports the fault that was found so far: leaves the heap and enters it again.
static SEGFIT_COLD void heap_report_found(void)
{
    if (SEGFIT_CHECK >= 1 && heap_fault.code != SEGFIT_OK) {
        policy_leave();
        policy_enter();
    }
}

static bool policy_is_live(const void *ptr)
{
    segfit_fault_code_t code = SEGFIT_OK;
#if SEGFIT_CHECK >= 1
    if (!heap_is_whole(&process_storage.heap)) {
        return false;
    }
    code = pointer_fault(&process_storage.heap, ptr);
#if SEGFIT_CACHE > 0
    if (code == SEGFIT_OK && cache_holds(own_cache(), ptr, block_size(block_of(ptr)))) {
        code = SEGFIT_FREED;
    }
#endif
    if (SEGFIT_UNLIKELY(code != SEGFIT_OK)) {
        policy_report(code, ptr);
    }
#else
    (void)ptr;
#endif
    return code == SEGFIT_OK;
}

static void heap_free(void *ptr)
{
    segfit__release(&process_storage.heap, block_of(ptr));
}
#endif

#endif
