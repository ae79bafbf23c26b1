// SPDX-License-Identifier: MIT
/// The three functions that clang's `-wasm-enable-sjlj` calls: a `longjmp` is a wasm exception, and
/// each function with a `setjmp` in it catches it and asks whether it is the one that was meant.
#include <setjmp.h>

/// The number of the exception tag that generated code catches; its parameter is the address of
/// `jump`.
enum {
    longjmp_tag = 1
};

void __wasm_setjmp(void *target, unsigned label, void *invocation);
unsigned __wasm_setjmp_test(void *target, void *invocation);
void __wasm_longjmp(void *target, int value);

void __wasm_setjmp(void *target, unsigned label, void *invocation)
{
    struct jmp_buf_state *const state = target;
    state->invocation = invocation;
    state->label = label;
}

unsigned __wasm_setjmp_test(void *target, void *invocation)
{
    const struct jmp_buf_state *const state = target;
    return state->invocation == invocation ? state->label : 0;
}

void __wasm_longjmp(void *target, int value)
{
    struct jmp_buf_state *const state = target;
    state->jump.target = target;
    state->jump.value = value != 0 ? value : 1;
    __builtin_wasm_throw(longjmp_tag, &state->jump);
}
