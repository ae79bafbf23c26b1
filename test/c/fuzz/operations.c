// SPDX-License-Identifier: MIT
/// Any bytes are a script: a geometry, then operations on a heap with pools given by hand or by a
/// source. The oracle judges each.
#include "target.h"

#include "../harness/machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static machine m;
    static script s;
    size_t failed_at = 0;
    script_of_bytes(&s, bytes, size);
    const char *const wrong = machine_run(&m, &s, &failed_at);
    if (wrong != NULL) {
        target_fail(wrong);
    }
    return 0;
}
