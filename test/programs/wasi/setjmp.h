// SPDX-License-Identifier: MIT
/// setjmp for a wasi-libc that has none: see setjmp.c. Lua's protected calls and coroutines need
/// it.
#ifndef TEST_PROGRAMS_SETJMP_H
#define TEST_PROGRAMS_SETJMP_H

/// The state that clang's code for `setjmp` keeps: the call of a function, the `setjmp` in it, and
/// during a jump its target and value.
typedef struct jmp_buf_state {
    void *invocation;
    unsigned label;
    struct {
        void *target;
        int value;
    } jump;
} jmp_buf[1];

int setjmp(jmp_buf target) __attribute__((returns_twice));
void longjmp(jmp_buf target, int value) __attribute__((noreturn));

#endif
