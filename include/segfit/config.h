// SPDX-License-Identifier: MIT
/// The knobs of the heap: for each its default, its range, and the cost of a step.
///
/// A knob is set where the library is compiled, by -DSEGFIT_CHECK=2 for instance, or in CMake by
/// -DSEGFIT_DEFINITIONS="SEGFIT_CHECK=2;SEGFIT_STATS=0". Programs do not need to repeat it; one
/// that does links only with a library of the same settings (segfit/settings.h). The knobs of
/// malloc are in segfit/malloc_config.h, and SEGFIT_ALIGN, which programs and library must share,
/// is in segfit.h.
///
/// Programs do not include this file.
#ifndef SEGFIT_CONFIG_H
#define SEGFIT_CONFIG_H

/// The level of checks, 0 to 4: how much of the heap a call checks before it changes anything.
/// Each level includes the ones below it; docs/security.md says what each finds and costs.
///
///     0  Nothing. For size and benchmarks.
///     1  A pointer lies in a pool and is aligned; its block is used, and both neighbours agree.
///        Costs about 8 % of the time of a free, and no memory.
///     2  Also: a free block that leaves its list agrees with its header, footer, neighbours, class
///        and links (safe unlink).
///     3  Also: headers are encoded under a key, and the control structure is compared with a seal
///        and with the lists. Any overwritten header or control word is reported.
///     4  For finding mistakes. Also: a guard stands behind the bytes of each request, freed blocks
///        are quarantined, and each call checks the whole heap. No call takes constant time.
#ifndef SEGFIT_CHECK
#define SEGFIT_CHECK 1
#endif

/// At level 4, how many freed blocks are quarantined before they are used again: 1 to 65535. One
/// step up keeps up to SEGFIT_QUARANTINE_LARGEST more bytes unused. Before a request fails or the
/// heap grows, all quarantined blocks are freed.
#ifndef SEGFIT_QUARANTINE
#define SEGFIT_QUARANTINE 64
#endif

/// At level 4, the largest block, header included, that is quarantined: 0 (no block) to 2^30.
#ifndef SEGFIT_QUARANTINE_LARGEST
#define SEGFIT_QUARANTINE_LARGEST 4096
#endif

/// At level 4, checks the whole heap every N allocations and frees: 0 (never) to 65535. A larger N
/// makes a program with many blocks faster, and reports mistakes later.
#ifndef SEGFIT_WALK
#define SEGFIT_WALK 1
#endif

/// 0 or 1: keep the statistics of segfit_stats. 0 saves some ten instructions a call; the
/// statistics are then 0, except capacity, overhead and the largest free block.
#ifndef SEGFIT_STATS
#define SEGFIT_STATS 1
#endif

/// 0 or 1: the functions of segfit/inspect.h also read malloc's heap, by functions that malloc
/// brings. 0 saves a comparison in each of them, and is for programs without this malloc.
#ifndef SEGFIT_SERVES_MALLOC
#define SEGFIT_SERVES_MALLOC 1
#endif

/// 0 or 1: call segfit_event at each named moment. For teaching and debugging.
#ifndef SEGFIT_EVENTS
#define SEGFIT_EVENTS 0
#endif

/// How many blocks of the request's own class, beyond the first, a request tries before it fails: 0
/// to 64. Each costs at most six instructions, and only where nothing else was found. With 0, a
/// full heap whose free blocks fit only deep in their lists fails earlier.
#ifndef SEGFIT_PROBES
#define SEGFIT_PROBES 4
#endif

/// The rows of a geometry that all heaps of the program share: 1 to the pointer's bits, or 0 to
/// read each heap's own geometry. With SEGFIT_FIXED_COLUMNS_LOG2 and SEGFIT_FIXED_POLICY it becomes
/// a constant, which saves a fifth of the instructions of a call. segfit_init then makes such heaps
/// only, and segfit_add_pool takes 0 bytes for a static heap of another geometry.
#ifndef SEGFIT_FIXED_ROWS
#define SEGFIT_FIXED_ROWS 0
#endif

/// log2 of the columns of a fixed geometry: 0 to 5. One step up halves the range of sizes in a
/// class, and doubles the list heads.
#ifndef SEGFIT_FIXED_COLUMNS_LOG2
#define SEGFIT_FIXED_COLUMNS_LOG2 4
#endif

/// The policy of a fixed geometry: SEGFIT_POLICY_PROBE or SEGFIT_POLICY_STOCK.
#ifndef SEGFIT_FIXED_POLICY
#define SEGFIT_FIXED_POLICY SEGFIT_POLICY_PROBE
#endif

/// 0 or 1: fix columns and policy alone and read the rows, for heaps that differ in size only. The
/// program makes its heaps with the values above. Saves 6 % of the time of a call in wasm.
#ifndef SEGFIT_FIXED_SEARCH
#define SEGFIT_FIXED_SEARCH 0
#endif

/// Up to how many bytes realloc copies a block word by word: 0 to 1024. Engines call out of the
/// module for wasm's own instruction, which costs as much as some ten words.
#ifndef SEGFIT_WORDWISE
#if defined(__wasm__) && !defined(__OPTIMIZE_SIZE__)
#define SEGFIT_WORDWISE 128
#else
#define SEGFIT_WORDWISE 0
#endif
#endif

/// 0 or 1: assert pre- and postconditions inside the library; a failed assertion traps. For its own
/// tests.
#ifndef SEGFIT_DEBUG
#define SEGFIT_DEBUG 0
#endif

#endif
