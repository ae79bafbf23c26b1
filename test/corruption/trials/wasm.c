// SPDX-License-Identifier: MIT
/// Trials as a module that a host drives: what ends a trial throws there.
#include "trial.h"

#define EXPORT(name) __attribute__((export_name(#name)))
#define IMPORT(name) __attribute__((import_module("host"), import_name(#name)))

IMPORT(end) _Noreturn void host_end(unsigned result);
IMPORT(note) void host_note(const char *what, unsigned bits, unsigned missed);

_Noreturn void trial_end(unsigned result)
{
    host_end(result);
}

void flips_note(const char *what, unsigned bits, unsigned missed)
{
    host_note(what, bits, missed);
}

EXPORT(run) unsigned run(kind_t kind, uint32_t seed);
unsigned run(kind_t kind, uint32_t seed)
{
    return trial_run(kind, seed);
}

EXPORT(flips) void flips(uint32_t seed);
void flips(uint32_t seed)
{
    flips_run(seed);
}
