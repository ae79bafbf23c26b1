// SPDX-License-Identifier: MIT
/// The bit searches and roundings against the plainest way to compute them.
#define TEST_MAIN
#include "../test.h"

#include "../../../src/core/bits.h"

/// Words worth trying: all near a power of two, which includes both ends of the range.
static size_t word_near_power(unsigned power, int distance)
{
    return ((size_t)1 << power) + (size_t)distance;
}

static unsigned highest_bit_slowly(size_t word)
{
    unsigned bit = 0;
    while ((word >>= 1) != 0) {
        bit++;
    }
    return bit;
}

static unsigned lowest_bit_slowly(size_t word)
{
    unsigned bit = 0;
    while ((word & 1U) == 0) {
        word >>= 1;
        bit++;
    }
    return bit;
}

static unsigned count_bits(size_t word)
{
    unsigned count = 0;
    for (; word != 0; word >>= 1) {
        count += (unsigned)(word & 1U);
    }
    return count;
}

TEST(the_highest_and_lowest_bit_are_found_in_words_near_every_power_of_two)
{
    for (unsigned power = 0; power < WORD_BITS; power++) {
        for (int distance = -40; distance <= 40; distance++) {
            const size_t word = word_near_power(power, distance);
            if (word != 0) {
                CHECK(log2_floor(word) == highest_bit_slowly(word));
                CHECK(lowest_bit(word) == lowest_bit_slowly(word));
            }
            CHECK(is_power_of_two(word) == (count_bits(word) == 1));
        }
    }
}

TEST(the_highest_and_lowest_bit_are_found_in_random_words)
{
    uint64_t state = test_seed();
    for (int i = 0; i < 100000; i++) {
        const size_t word = (size_t)test_random(&state) >> test_random_below(&state, WORD_BITS);
        if (word != 0) {
            CHECK(log2_floor(word) == highest_bit_slowly(word));
            CHECK(lowest_bit(word) == lowest_bit_slowly(word));
        }
    }
}

TEST(rounding_reaches_the_neighbouring_multiples_of_every_unit)
{
    for (size_t unit = 1; unit <= 4096; unit *= 2) {
        for (size_t word = 0; word <= 9000; word++) {
            CHECK(round_down(word, unit) == word / unit * unit);
            CHECK((word + missing_to(word, unit)) % unit == 0);
            CHECK(missing_to(word, unit) < unit);
        }
    }
}

TEST(missing_to_does_not_overflow_at_the_end_of_the_range)
{
    for (size_t unit = 1; unit <= 4096; unit *= 2) {
        for (size_t below = 0; below < 3 * unit; below++) {
            const size_t missing = missing_to(SIZE_MAX - below, unit);
            CHECK(missing < unit);
            CHECK((SIZE_MAX - below + missing) % unit == 0);
        }
    }
}
