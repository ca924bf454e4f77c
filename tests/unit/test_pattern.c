/* SPDX-License-Identifier: ISC */
#include "lib/testing.h"
#include "measure/pattern.h"

#define LENGTH 4096

static unsigned char whole[LENGTH];

static int setup(void **state)
{
    struct pattern pattern;

    (void)state;
    pattern_init(&pattern, 7, 3);
    pattern_fill(&pattern, 0, whole, sizeof whole);
    return 0;
}

/* Every piece of the stream is the same as when it is made at once, at any offset and length. */
static void pieces(void **state)
{
    struct pattern pattern;
    unsigned char piece[40];

    (void)state;
    pattern_init(&pattern, 7, 3);
    for (size_t offset = 0; offset < 64; offset++)
        for (size_t length = 0; length <= 33; length++) {
            memset(piece, 0xee, sizeof piece);
            pattern_fill(&pattern, offset, piece, length);
            assert_memory_equal(piece, whole + offset, length);
            assert_int_equal(piece[length], 0xee);
            assert_int_equal(pattern_equal(&pattern, offset, piece, length), length);
        }
}

static void differences(void **state)
{
    struct pattern pattern;
    unsigned char copy[LENGTH];

    (void)state;
    pattern_init(&pattern, 7, 3);
    assert_int_equal(pattern_equal(&pattern, 0, whole, LENGTH), LENGTH);
    for (size_t at = 0; at < LENGTH; at++) {
        memcpy(copy, whole, LENGTH);
        copy[at] ^= 0x10;
        assert_int_equal(pattern_equal(&pattern, 0, copy, LENGTH), at);
    }
}

/* Lost, doubled and exchanged blocks, and the stream of a neighbour, do not pass. */
static void confusions(void **state)
{
    struct pattern pattern, other;
    unsigned char copy[LENGTH];

    (void)state;
    pattern_init(&pattern, 7, 3);
    for (size_t block = 1; block <= LENGTH / 2; block *= 2) {
        assert_true(pattern_equal(&pattern, 0, whole + block, LENGTH - block) < 16);
        assert_true(pattern_equal(&pattern, block, whole, LENGTH - block) < 16);
    }
    for (uint64_t i = 0; i < 1000; i++) {
        pattern_init(&other, 7, i);
        if (i != 3)
            assert_true(pattern_equal(&other, 0, whole, LENGTH) < 16);
        pattern_init(&other, i, 3);
        if (i != 7)
            assert_true(pattern_equal(&other, 0, whole, LENGTH) < 16);
    }
    /* Far into the stream too, where 32 bits would have wrapped. */
    pattern_fill(&pattern, UINT64_C(1) << 32, copy, LENGTH);
    assert_true(pattern_equal(&pattern, 0, copy, LENGTH) < 16);
    pattern_fill(&pattern, UINT64_MAX - LENGTH, copy, LENGTH);
    assert_int_equal(pattern_equal(&pattern, UINT64_MAX - LENGTH, copy, LENGTH), LENGTH);
}

/* Every value occurs, about equally often: a peer that loses one value cannot hide. */
static void values(void **state)
{
    unsigned counts[256] = {0};

    (void)state;
    for (size_t i = 0; i < LENGTH; i++)
        counts[whole[i]]++;
    for (size_t i = 0; i < COUNT(counts); i++)
        assert_in_range(counts[i], 1, 64);
}

/* Runs that take place at the same time differ, by a number that is short to type. */
static void seeds(void **state)
{
    uint64_t first = pattern_choose_seed(), second = pattern_choose_seed();

    (void)state;
    assert_true(first < UINT64_C(1000000000) && second < UINT64_C(1000000000));
    /* Once in a thousand million times two are equal. */
    assert_true(first != second || first != pattern_choose_seed());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces), cmocka_unit_test(differences), cmocka_unit_test(confusions),
        cmocka_unit_test(values), cmocka_unit_test(seeds),
    };

    return cmocka_run_group_tests(tests, setup, NULL) != 0;
}
