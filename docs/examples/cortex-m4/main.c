// SPDX-License-Identifier: MIT
/// segfit on a bare Cortex-M4: no C library, its own start-up code, one static pool.
///
///     arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -O2 -ffreestanding -nostdlib -nostartfiles
///         -DSEGFIT_FIXED_ROWS=11 -DSEGFIT_STATS=0 -Iinclude
///         -T docs/examples/cortex-m4/cortex_m4.ld docs/examples/cortex-m4/*.c src/core/alloc.c
///         src/core/init.c src/core/pools.c src/core/limits.c src/core/inspection.c
///         src/core/panic.c -o example.elf
///     qemu-system-arm -M netduinoplus2 -nographic -monitor none -serial null
///         -semihosting-config enable=on,target=native -kernel example.elf
#include "machine.h"
#include "segfit.h"

enum {
    /// The control structure takes 824 of these bytes: 11 rows, for blocks of up to 128 KB.
    POOL_SIZE = 8192,
    READINGS = 20
};

typedef struct reading {
    struct reading *next;
    int value;
} reading_t;

static unsigned char pool[POOL_SIZE];

/// The library calls this hook if a pointer cannot be a live block, or the heap is damaged.
void segfit_panic(segfit_fault_code_t code, const segfit_t *heap, const void *ptr)
{
    (void)code;
    (void)heap;
    (void)ptr;
    machine_print("heap misused\n");
    machine_exit(false);
}

int main(void)
{
    segfit_t *const heap = segfit_init(pool, sizeof pool, NULL);
    if (heap == NULL) {
        return 1;
    }
    const size_t before = segfit_max_alloc(heap);
    reading_t *readings = NULL;
    for (int i = 0; i < READINGS; i++) {
        reading_t *const reading = segfit_alloc(heap, sizeof *reading);
        if (reading == NULL) {
            return 1;
        }
        *reading = (reading_t){readings, i};
        readings = reading;
    }
    int sum = 0;
    while (readings != NULL) {
        reading_t *const next = readings->next;
        sum += readings->value;
        segfit_free(heap, readings);
        readings = next;
    }
    // All blocks are free, so the heap is one free block again.
    const bool fine = sum == READINGS * (READINGS - 1) / 2 && segfit_max_alloc(heap) == before;
    machine_print(fine ? "20 readings, all given back\n" : "wrong\n");
    return fine ? 0 : 1;
}
