// SPDX-License-Identifier: MIT
/// Included before each of Lua's files: the calls that its os and io libraries make and that
/// wasi-libc lacks answer as on a system where they always fail. The test's script makes none.
#ifndef TEST_PROGRAMS_LUA_WASI_H
#define TEST_PROGRAMS_LUA_WASI_H

#include <stdio.h>
#include <stdlib.h>

#define LUA_TMPNAMBUFSIZE 1
#define lua_tmpnam(buffer, failed) \
    do {                           \
        (buffer)[0] = '\0';        \
        (failed) = 1;              \
    } while (0)
#define tmpfile() NULL
#define system(command) ((void)(command), -1)

#endif
