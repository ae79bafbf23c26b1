// SPDX-License-Identifier: MIT
/// Counts the instructions of each segfit_alloc and segfit_free on a bare Cortex-M4 and prints the most
/// that any call took.
///
/// QEMU's -icount makes SysTick advance with instructions, 1,000 for each 172,032 ticks at shift 10. A
/// call's count is its ticks less those of a call of an empty function, whose own two instructions are
/// added again. The operations are random in three ranges of sizes, then sandwiched frees (both
/// neighbours are free), then one cell after another of the largest row.
#include "segfit.h"
#include "segfit/inspect.h"

extern char stack_top[];
void reset(void);
void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);

__attribute__((section(".vectors"), used)) static void *const vectors[] = {stack_top,
                                                                           (void *)reset};

// ------------------------------------------------------------------------------------- the machine

#define SYSTICK_CONTROL (*(volatile uint32_t *)0xE000E010U)
#define SYSTICK_RELOAD (*(volatile uint32_t *)0xE000E014U)
#define SYSTICK_VALUE (*(volatile uint32_t *)0xE000E018U)

enum {
    SEMIHOSTING_WRITE = 0x04,
    SEMIHOSTING_EXIT = 0x18,
    EXIT_NORMAL = 0x20026,
    EXIT_ERROR = 0x20024
};

void *memcpy(void *to, const void *from, size_t size)
{
    return memmove(to, from, size);
}

void *memmove(void *to, const void *from, size_t size)
{
    char *const out = to;
    const char *const in = from;
    for (size_t i = 0; i < size; i++) {
        const size_t at = out < in ? i : size - 1U - i;
        out[at] = in[at];
    }
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((volatile char *)to)[i] = (char)byte;
    }
    return to;
}

static void semihosting(uint32_t operation, uintptr_t argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register uintptr_t r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : : "r"(r0), "r"(r1) : "memory");
}

static void print(const char *name, uint32_t number)
{
    char line[64];
    char digits[10];
    size_t length = 0;
    size_t count = 0;
    for (; name[length] != '\0'; length++) {
        line[length] = name[length];
    }
    line[length++] = ' ';
    do {
        digits[count++] = (char)('0' + number % 10U);
        number /= 10U;
    } while (number != 0);
    while (count != 0) {
        line[length++] = digits[--count];
    }
    line[length++] = '\n';
    line[length] = '\0';
    semihosting(SEMIHOSTING_WRITE, (uintptr_t)line);
}

// ---------------------------------------------------------------------------------------- counting

enum {
    SLOTS = 200,
    NOTHING_LENGTH = 2
};

static char memory[HEAP_SIZE] __attribute__((aligned(8)));
static void *slots[SLOTS];
static segfit_t *heap;
static uint32_t random_state;
static uint32_t call_cost;
static uint32_t most_alloc;
static uint32_t most_free;
static uint32_t most_failing;
static uint32_t failures;

__attribute__((noinline)) static void *nothing(segfit_t *unused, size_t size)
{
    (void)unused;
    (void)size;
    __asm__ volatile("");
    return NULL;
}

// Through pointers that the compiler cannot see through, all three alike.
static void *(*volatile call_nothing)(segfit_t *, size_t) = nothing;
static void *(*volatile call_alloc)(segfit_t *, size_t) = segfit_alloc;
static void (*volatile call_free)(segfit_t *, void *) = segfit_free;

static uint32_t instructions(uint32_t begin, uint32_t end)
{
    return (((begin - end) & 0xFFFFFFU) * 1000U + 86016U) / 172032U;
}

static void note(uint32_t *most, uint32_t begin, uint32_t end)
{
    const uint32_t count = instructions(begin, end) - call_cost + NOTHING_LENGTH;
    *most = count > *most ? count : *most;
}

static void *count_alloc(size_t size)
{
    const uint32_t begin = SYSTICK_VALUE;
    void *const ptr = call_alloc(heap, size);
    const uint32_t end = SYSTICK_VALUE;
    failures += ptr == NULL;
    note(ptr == NULL ? &most_failing : &most_alloc, begin, end);
    return ptr;
}

static void count_free(void *ptr)
{
    const uint32_t begin = SYSTICK_VALUE;
    call_free(heap, ptr);
    const uint32_t end = SYSTICK_VALUE;
    note(&most_free, begin, end);
}

static uint32_t random_below(uint32_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % bound;
}

static void free_all(void)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (slots[i] != NULL) {
            count_free(slots[i]);
            slots[i] = NULL;
        }
    }
}

static void count_random(uint32_t largest, unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        void **const slot = &slots[random_below(SLOTS)];
        if (*slot == NULL) {
            *slot = count_alloc(random_below(largest));
        } else {
            count_free(*slot);
            *slot = NULL;
        }
    }
    free_all();
}

/// Frees every other block, then those between, each into two neighbours.
static void count_sandwiched(size_t size)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        slots[i] = count_alloc(size);
    }
    for (unsigned i = 0; i < SLOTS; i += 2) {
        if (slots[i] != NULL) {
            count_free(slots[i]);
            slots[i] = NULL;
        }
    }
    free_all();
}

void reset(void)
{
    // Nobody copied .data or cleared .bss.
    call_nothing = nothing;
    call_alloc = segfit_alloc;
    call_free = segfit_free;
    memset(slots, 0, sizeof slots);
    most_alloc = most_free = most_failing = failures = 0;
    random_state = 88172645;
    SYSTICK_RELOAD = 0xFFFFFF;
    SYSTICK_VALUE = 0;
    SYSTICK_CONTROL = 5;
    const uint32_t begin = SYSTICK_VALUE;
    call_nothing(NULL, 0);
    const uint32_t end = SYSTICK_VALUE;
    call_cost = instructions(begin, end);

    heap = segfit_init(memory, sizeof memory, NULL);
    for (uint32_t largest = 64; heap != NULL && largest <= 4096; largest *= 8) {
        count_random(largest, 7000);
    }
    for (size_t size = 1; heap != NULL && size < HEAP_SIZE; size += size / 8 + 1) {
        count_sandwiched(size);
    }
    print("alloc", most_alloc);
    print("free", most_free);
    print("failing", most_failing);
    print("failures", failures);
    const bool sound = heap != NULL && segfit_check(heap, NULL);
    semihosting(SEMIHOSTING_EXIT, sound ? EXIT_NORMAL : EXIT_ERROR);
    for (;;) {
    }
}
