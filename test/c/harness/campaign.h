// SPDX-License-Identifier: MIT
/// A campaign of random scripts: it runs them, survives a trap where the system allows that,
/// reduces a failing script to the operations that fail, prints these and saves them as a trace.
#ifndef SEGFIT_TEST_CAMPAIGN_H
#define SEGFIT_TEST_CAMPAIGN_H

#include "trace.h"

#if (defined(__unix__) || defined(__APPLE__)) && !defined(__EMSCRIPTEN__)
#include <setjmp.h>
#include <signal.h>
#define CAMPAIGN_SURVIVES 1
#else
#define CAMPAIGN_SURVIVES 0
#endif

enum {
    /// Runs of a script that the search for a shorter one may take.
    CAMPAIGN_RUNS = 4000
};

static machine campaign_machine;

#if CAMPAIGN_SURVIVES
static sigjmp_buf campaign_rescue;

static void campaign_signalled(int number)
{
    siglongjmp(campaign_rescue, number);
}

/// As machine_run; a trap or a stray access is what is wrong, not the end of the program.
static inline const char *campaign_run(const script *s, size_t *failed_at)
{
    static const int traps[] = {SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGBUS, SIGSEGV};
    void (*before[sizeof traps / sizeof traps[0]])(int);
    const char *wrong = "a trap, or access to memory that is not there";
    for (size_t i = 0; i < sizeof traps / sizeof traps[0]; i++) {
        before[i] = signal(traps[i], campaign_signalled);
    }
    *failed_at = s->count;
    if (sigsetjmp(campaign_rescue, 1) == 0) {
        wrong = machine_run(&campaign_machine, s, failed_at);
    }
    for (size_t i = 0; i < sizeof traps / sizeof traps[0]; i++) {
        (void)signal(traps[i], before[i]);
    }
    return wrong;
}
#else
static inline const char *campaign_run(const script *s, size_t *failed_at)
{
    return machine_run(&campaign_machine, s, failed_at);
}
#endif

// --------------------------------------------------------------------------------------- shrinking

typedef struct shrinking {
    script trial;
    size_t runs;
} shrinking;

/// True if the trial fails; then it becomes the script.
static inline bool shrink_keeps(shrinking *k, script *s)
{
    size_t failed_at = 0;
    if (k->runs++ >= CAMPAIGN_RUNS || campaign_run(&k->trial, &failed_at) == NULL) {
        return false;
    }
    k->trial.count = failed_at < k->trial.count ? failed_at : k->trial.count;
    *s = k->trial;
    return true;
}

/// Leaves out runs of operations, long ones first, as long as the script still fails.
static inline bool shrink_count(shrinking *k, script *s)
{
    const size_t before = s->count;
    for (size_t part = s->count / 2; part > 0; part /= 2) {
        for (size_t at = 0; at + part <= s->count;) {
            k->trial = *s;
            memmove(&k->trial.operations[at], &s->operations[at + part],
                    (s->count - at - part) * sizeof s->operations[0]);
            k->trial.count -= part;
            at += shrink_keeps(k, s) ? 0 : part;
        }
    }
    return s->count < before;
}

/// Makes numbers smaller.
static inline void shrink_numbers(shrinking *k, script *s)
{
    for (size_t i = 0; i < s->count; i++) {
        for (uint16_t step = (uint16_t)(s->operations[i].number / 2U + 1U);
             step > 0 && i < s->count; step /= 2) {
            while (i < s->count && s->operations[i].number >= step) {
                k->trial = *s;
                k->trial.operations[i].number = (uint16_t)(s->operations[i].number - step);
                if (!shrink_keeps(k, s)) {
                    break;
                }
            }
        }
    }
}

/// Cuts a failing script down, by delta debugging.
static inline void script_shrink(script *s)
{
    static shrinking k;
    const bool quiet = fixture_is_quiet;
    fixture_is_quiet = true;
    k.runs = 0;
    while (shrink_count(&k, s) && k.runs < CAMPAIGN_RUNS) {
    }
    shrink_numbers(&k, s);
    (void)shrink_count(&k, s);
    fixture_is_quiet = quiet;
}

// ---------------------------------------------------------------------------------------- campaign

static inline void campaign_report(const script *s, const char *wrong)
{
    char name[64];
    (void)snprintf(name, sizeof name, "failed-%llx.heapl", (unsigned long long)test_seed());
    printf("\n  %s\n  after %zu operations (kind slot form align number) on heap %d %d %d %d %d %d "
           "%d %d:\n",
           wrong, s->count, s->heap.rows, s->heap.columns_log2, s->heap.policy, s->heap.source,
           s->heap.growth_shift, s->heap.zeroed, s->heap.skew, s->heap.refused_call);
    for (size_t i = 0; i < s->count && i < 40; i++) {
        const operation *const op = &s->operations[i];
        printf("    %d %d %d %d %d\n", op->kind, op->slot, op->form, op->align_log2, op->number);
    }
    if (trace_save(&campaign_machine, s, name)) {
        printf("  saved: TRACE=%s runs it again\n", name);
    }
}

/// Runs a script; one that fails is cut down, printed and saved.
static inline bool campaign_script_holds(script *s)
{
    size_t failed_at = 0;
    const char *wrong = campaign_run(s, &failed_at);
    if (wrong == NULL) {
        return true;
    }
    s->count = failed_at < s->count ? failed_at : s->count;
    script_shrink(s);
    campaign_report(s, campaign_run(s, &failed_at));
    return false;
}

/// As campaign_script_holds, for `count` random operations.
static inline bool campaign_holds(const setup *heap, size_t count, uint64_t seed)
{
    static script s;
    script_random(&s, heap, count, seed);
    return campaign_script_holds(&s);
}

#endif
