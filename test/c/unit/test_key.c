// SPDX-License-Identifier: MIT
/// Encoded headers, for every bit, every pair of bits and every byte: a word that changed in these
/// decodes to a value far from the true one. Compiled and linked with SEGFIT_CHECK 3.
#define TEST_MAIN
#include "../test.h"

#include "../../../src/core/bits.h"
#include "../../../src/core/key.h"

enum {
    BYTE_VALUES = 256
};

static size_t distance(size_t a, size_t b)
{
    const size_t apart = a - b;
    return apart >> (WORD_BITS - 1) == 0 ? apart : 0U - apart;
}

/// How far the value is from `value` if `change` is done to the bits of its word.
static size_t moved_by(size_t value, size_t change, uintptr_t address)
{
    return distance(key_decode(key_encode(value, address) ^ change, address), value);
}

TEST(each_value_has_one_word_and_each_word_one_value)
{
    CHECK((size_t)KEY_FACTOR * (size_t)KEY_INVERSE == 1);
    uint64_t state = test_seed();
    for (int i = 0; i < 100000; i++) {
        const size_t value = (size_t)test_random(&state);
        const uintptr_t address = (uintptr_t)test_random(&state);
        key_set_secret((size_t)test_random(&state));
        CHECK(key_decode(key_encode(value, address), address) == value);
        CHECK(key_encode(key_decode(value, address), address) == value);
    }
}

TEST(changing_one_bit_two_bits_or_one_byte_moves_the_value_far)
{
    uint64_t state = test_seed();
    for (int i = 0; i < 300; i++) {
        // A header is never a large number beside these distances.
        const size_t value = (size_t)test_random(&state) % KEY_BYTE_DISTANCE;
        const uintptr_t address = (uintptr_t)test_random(&state);
        key_set_secret((size_t)test_random(&state));
        for (unsigned bit = 0; bit < WORD_BITS; bit++) {
            CHECK(moved_by(value, (size_t)1 << bit, address) >= KEY_BIT_DISTANCE);
            for (unsigned other = 0; other < bit; other++) {
                const size_t two = (size_t)1 << bit | (size_t)1 << other;
                CHECK(moved_by(value, two, address) >= KEY_BYTE_DISTANCE);
            }
        }
        for (unsigned shift = 0; shift < WORD_BITS; shift += 8) {
            for (size_t byte = 1; byte < BYTE_VALUES; byte++) {
                CHECK(moved_by(value, byte << shift, address) >= KEY_BYTE_DISTANCE);
            }
        }
    }
}

TEST(a_word_at_another_address_or_under_another_key_is_another_value)
{
    uint64_t state = test_seed();
    for (int i = 0; i < 100000; i++) {
        const size_t value = (size_t)test_random(&state);
        const uintptr_t address = (uintptr_t)test_random(&state);
        key_set_secret((size_t)test_random(&state));
        const size_t word = key_encode(value, address);
        CHECK(key_decode(word, address + SEGFIT_ALIGN) != value);
        key_set_secret(key_secret() + 1U);
        CHECK(key_decode(word, address) != value);
    }
}
