// SPDX-License-Identifier: MIT
/// The counting program on Linux, x86-64: ROUNDS and SEED are its arguments.
#include "x86_64.h"
#include "search.h"
#include <stdio.h>
#include <stdlib.h>

static uint32_t rounds;
static uint32_t seed;

void machine_print(const char *name, uint32_t number)
{
    printf("%s %u\n", name, number);
}

uint32_t machine_rounds(void)
{
    return rounds;
}

uint32_t machine_seed(void)
{
    return seed;
}

int main(int count, char **words)
{
    rounds = count > 1 ? (uint32_t)strtoul(words[1], NULL, 10) : 0;
    seed = count > 2 ? (uint32_t)strtoul(words[2], NULL, 10) : 1;
    static _Alignas(16) char memory[4 << 20];
    static const struct {
        size_t size;
        unsigned blocks;
    } heaps[] = {{64 << 10, 0}, {4 << 20, 0}, {4 << 20, 100000}};
    bool sound = true;
    for (unsigned i = 0; i < 3; i++) {
        printf("heap %zu\nblocks %u\n", heaps[i].size, heaps[i].blocks);
        sound = search_heap(memory, heaps[i].size, heaps[i].blocks) && sound;
    }
    return sound ? 0 : 1;
}
