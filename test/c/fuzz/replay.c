// SPDX-License-Identifier: MIT
/// Runs a fuzz target without a fuzzer: on every input of its corpus, then on random changes to
/// them. So the corpus is a test in every build, for every platform. FUZZ_CORPUS names the file, in
/// the working directory: an input a line, as hexadecimal digits. FUZZ_RUNS: how many changed
/// inputs.
#include "target.h"

#define TEST_MAIN
#include "../test.h"

enum {
    MOST = 4096,
    MOST_INPUTS = 512
};

static uint8_t corpus[MOST_INPUTS][MOST];
static size_t sizes[MOST_INPUTS];
static size_t inputs;

static int digit_value(int digit)
{
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                                          : -1;
}

/// Reads one line; false at the end of the file, or where a character is no digit.
static bool read_input(FILE *file, uint8_t *bytes, size_t *size)
{
    int high = fgetc(file);
    for (*size = 0; high != EOF && high != '\n' && *size < MOST; high = fgetc(file)) {
        const int low = fgetc(file);
        if (digit_value(high) < 0 || digit_value(low) < 0) {
            return false;
        }
        bytes[(*size)++] = (uint8_t)(digit_value(high) * 16 + digit_value(low));
    }
    return high == '\n';
}

static bool read_corpus(void)
{
    FILE *const file = fopen(FUZZ_CORPUS, "r");
    if (file == NULL) {
        return false;
    }
    inputs = 0;
    while (inputs < MOST_INPUTS && read_input(file, corpus[inputs], &sizes[inputs])) {
        inputs++;
    }
    const bool whole = feof(file) != 0;
    (void)fclose(file);
    return whole && inputs > 0;
}

/// An input of the corpus with some bytes changed, left out, or taken from another input.
static size_t vary(uint8_t bytes[MOST], uint64_t *state)
{
    const size_t from = test_random_below(state, inputs);
    size_t size = sizes[from];
    memcpy(bytes, corpus[from], size);
    for (size_t changes = test_random_below(state, 12); changes > 0 && size > 0; changes--) {
        const size_t at = test_random_below(state, size);
        const size_t other = test_random_below(state, inputs);
        const size_t most = sizes[other] < size - at ? sizes[other] : size - at;
        const size_t length = test_random_below(state, most + 1);
        switch (test_random_below(state, 4)) {
        case 0:
            memcpy(bytes + at, corpus[other], length);
            break;
        case 1:
            memmove(bytes + at, bytes + at + length, size - at - length);
            size -= length;
            break;
        default:
            bytes[at] = (uint8_t)test_random(state);
        }
    }
    return size;
}

TEST(every_input_of_the_corpus_is_right)
{
    REQUIRE(read_corpus());
    for (size_t i = 0; i < inputs; i++) {
        CHECK(LLVMFuzzerTestOneInput(corpus[i], sizes[i]) == 0);
    }
    printf("%zu inputs; ", inputs);
}

TEST(random_changes_to_the_corpus_are_right)
{
    static uint8_t bytes[MOST];
    uint64_t state = test_seed();
    REQUIRE(read_corpus());
    // A target that fails ends the program: the seed must be out by then.
    (void)fflush(stdout);
    for (int run = 0; run < FUZZ_RUNS; run++) {
        const size_t size = vary(bytes, &state);
        CHECK(LLVMFuzzerTestOneInput(bytes, size) == 0);
    }
}
