// SPDX-License-Identifier: MIT
/// The policy: SEGFIT_THREADS chooses one of two; the file of the other is empty.
#ifndef SEGFIT_MALLOC_POLICY_H
#define SEGFIT_MALLOC_POLICY_H

#include "policy_single.h"
#include "policy_threads.h"

#endif
