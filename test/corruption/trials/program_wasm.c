// SPDX-License-Identifier: MIT
/// The programs as a module whose host makes an instance for each.
#include "programs.h"

#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name)))
#define IMPORT(name) __attribute__((import_module("host"), import_name(#name)))

IMPORT(moment) void import_moment(moment_t moment);
IMPORT(end) _Noreturn void import_end(outcome_t outcome);

void host_moment(moment_t moment)
{
    import_moment(moment);
}

void host_end(outcome_t outcome)
{
    import_end(outcome);
}

EXPORT(run) outcome_t run(unsigned kind, unsigned size, unsigned side, contents_t contents);
outcome_t run(unsigned kind, unsigned size, unsigned side, contents_t contents)
{
    return side == 0 ? program_run((program_t)kind, size)
                     : neighbour_run((neighbour_t)kind, size, side == 2, contents);
}
