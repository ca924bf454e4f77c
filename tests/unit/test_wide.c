/* SPDX-License-Identifier: ISC */
#include "base/wide.h"
#include "lib/testing.h"

static const uint64_t edges[] = {0,
                                 1,
                                 2,
                                 10,
                                 0x7fffffff,
                                 0x80000000,
                                 0xffffffff,
                                 UINT64_C(0x100000000),
                                 UINT64_C(0x100000001),
                                 UINT64_C(0x1fffffffe),
                                 UINT64_C(0x123456789abcdef0),
                                 UINT64_C(0x7fffffffffffffff),
                                 UINT64_C(0x8000000000000000),
                                 UINT64_C(0xffffffff00000000),
                                 UINT64_MAX - 1,
                                 UINT64_MAX};

static int is_equal(struct wide a, struct wide b)
{
    return a.high == b.high && a.low == b.low;
}

/* As on paper, one bit at a time. */
static struct wide reference(uint64_t a, uint64_t b)
{
    struct wide sum = {0, 0}, shifted = {0, a};

    for (; b; b >>= 1) {
        if (b & 1) {
            sum.low += shifted.low;
            sum.high += shifted.high + (sum.low < shifted.low);
        }
        shifted.high = shifted.high << 1 | shifted.low >> 63;
        shifted.low <<= 1;
    }
    return sum;
}

static void products(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(edges); i++)
        for (size_t k = 0; k < COUNT(edges); k++)
            if (!is_equal(wide_product(edges[i], edges[k]), reference(edges[i], edges[k])))
                fail_msg("%jx * %jx", (uintmax_t)edges[i], (uintmax_t)edges[k]);
}

static void sums_and_differences(void **state)
{
    const struct wide one = {0, 1}, top = {0, UINT64_MAX}, next = {1, 0};
    const struct wide last = {UINT64_MAX, UINT64_MAX}, none = {0, 0};

    (void)state;
    assert_true(is_equal(wide_sum(top, one), next));
    assert_true(is_equal(wide_difference(next, one), top));
    assert_true(is_equal(wide_sum(last, one), none));
    assert_true(is_equal(wide_difference(none, one), last));
    for (size_t i = 0; i < COUNT(edges); i++)
        for (size_t k = 0; k < COUNT(edges); k++) {
            struct wide a = {edges[i], edges[k]}, b = {edges[k], edges[i]};

            assert_true(is_equal(wide_difference(wide_sum(a, b), b), a));
        }
}

static void doubles(void **state)
{
    static const double rows[] = {0, 1, 0x1p53, 0x1p63, 0x1p64, 0x1p64 + 0x1p12, 0x1p100, 0x1p127};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_true(wide_to_double(wide_from_double(rows[i])) == rows[i]);
    assert_true(is_equal(wide_from_double(0x1p64 + 0x1p12), (struct wide){1, 4096}));
    assert_true(is_equal(wide_from_double(2.9), (struct wide){0, 2}));
}

/* The result is the one number for which the remainder, made with the wide product, is below the
 * divisor. */
static void scales(void **state)
{
    static const uint64_t smaller[] = {1, 2, 3, 999, 1000000000, 99999989, 0xfffffffe};

    (void)state;
    for (size_t i = 0; i < COUNT(edges); i++)
        for (size_t t = 0; t < COUNT(smaller); t++)
            for (size_t b = 0; b < COUNT(smaller); b++) {
                uint64_t value = edges[i], times = smaller[t], by = smaller[b];
                struct wide product = wide_product(value, times), rest;
                uint64_t down, up;

                if (value / by > UINT64_MAX / times - 1)
                    continue;
                down = wide_scale(value, times, by);
                up = wide_scale_up(value, times, by);
                rest = wide_difference(product, wide_product(down, by));
                if (rest.high || rest.low >= by || up != down + (rest.low > 0))
                    fail_msg("%ju * %ju / %ju", (uintmax_t)value, (uintmax_t)times, (uintmax_t)by);
            }
    assert_true(wide_scale(UINT64_MAX, 1000000000, 1000000000) == UINT64_MAX);
    assert_true(wide_scale_up(1, 1, 1000000000) == 1);
    assert_true(wide_scale_up(0, 5, 7) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products),
        cmocka_unit_test(sums_and_differences),
        cmocka_unit_test(doubles),
        cmocka_unit_test(scales),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
