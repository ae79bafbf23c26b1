// SPDX-License-Identifier: MIT
/// The counting program as a wasm module that a host drives.
#include "wasm.h"
#include "search.h"

__attribute__((import_module("host"), import_name("print"))) void host_print(const char *name,
                                                                             uint32_t number);
static uint32_t rounds;
static uint32_t seed;
static char memory[4 << 20] __attribute__((aligned(16)));

void machine_print(const char *name, uint32_t number)
{
    host_print(name, number);
}

uint32_t machine_rounds(void)
{
    return rounds;
}

uint32_t machine_seed(void)
{
    return seed;
}

__attribute__((export_name("search"))) bool search(size_t size, unsigned blocks,
                                                   uint32_t given_rounds, uint32_t given_seed);
bool search(size_t size, unsigned blocks, uint32_t given_rounds, uint32_t given_seed)
{
    rounds = given_rounds;
    seed = given_seed;
    return search_heap(memory, size, blocks);
}
