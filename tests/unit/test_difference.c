/* SPDX-License-Identifier: ISC */
#include "bench/difference.h"
#include "lib/testing.h"

#include <math.h>

/* Tables of Student's distribution, 97.5 %. */
static void student(void **state)
{
    static const struct {
        size_t freedom;
        double value;
    } rows[] = {{1, 12.7062}, {2, 4.3027},  {9, 2.2622},   {24, 2.0639},   {25, 2.0595},
                {30, 2.0423}, {60, 2.0003}, {120, 1.9799}, {10000, 1.9602}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (fabs(difference_student(rows[i].freedom) - rows[i].value) > 0.0002)
            fail_msg("%zu: %f", rows[i].freedom, difference_student(rows[i].freedom));
    for (size_t i = 1; i < 200; i++)
        assert_true(difference_student(i + 1) < difference_student(i));
}

static void known(void **state)
{
    struct round first[5] = {0}, second[5] = {0};
    /* Differences 1, 2, 3, 4, 5: mean 3, deviation 1.5811, 95 % +- 1.9632. */
    struct difference difference;

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        first[i].figures[FIGURE_RATE] = 100 * (double)i;
        second[i].figures[FIGURE_RATE] = 100 * (double)i + 1 + (double)i;
    }
    difference_compute(&difference, first, second, 5);
    assert_int_equal(difference.pairs, 5);
    assert_true(fabs(difference.figures[FIGURE_RATE].first - 200) < 1e-9);
    assert_true(fabs(difference.figures[FIGURE_RATE].second - 203) < 1e-9);
    assert_true(fabs(difference.figures[FIGURE_RATE].difference - 3) < 1e-9);
    assert_true(fabs(difference.figures[FIGURE_RATE].low - 1.03676) < 1e-4);
    assert_true(fabs(difference.figures[FIGURE_RATE].high - 4.96324) < 1e-4);
    assert_true(fabs(difference.figures[FIGURE_P99].high) < 1e-9);
    /* Rounds without an answer are left out, whatever stands in them; the intervals are those of
     * the others. */
    first[1].silent = second[3].silent = 1;
    first[1].figures[FIGURE_RATE] = NAN;
    second[3].figures[FIGURE_RATE] = 0;
    difference_compute(&difference, first, second, 5);
    assert_int_equal(difference.pairs, 3);
    assert_int_equal(difference.silent, 2);
    assert_true(fabs(difference.figures[FIGURE_RATE].difference - 3) < 1e-9);
    assert_true(fabs(difference.figures[FIGURE_RATE].high - 3 - 4.3027 * 2 / sqrt(3)) < 1e-3);
    difference_compute(&difference, first + 1, second + 1, 1);
    assert_int_equal(difference.pairs, 0);
    first[1].silent = second[3].silent = 0;
    difference_compute(&difference, first, second, 1);
    assert_true(fabs(difference.figures[FIGURE_RATE].low - 1) < 1e-9);
    assert_true(fabs(difference.figures[FIGURE_RATE].high - 1) < 1e-9);
}

/* Of many comparisons of equals, 95 in 100 find 0 inside their interval. */
static void coverage(void **state)
{
    enum { TRIES = 4000, PAIRS = 8 };
    uint64_t random = 1;
    unsigned inside = 0;

    (void)state;
    for (unsigned try = 0; try < TRIES; try++) {
        struct round rounds[2][PAIRS] = {0};
        struct difference difference;

        for (size_t i = 0; i < 2 * PAIRS; i++) {
            double sum = 0;

            /* Twelve uniform ones make a normal one, nearly. */
            for (unsigned k = 0; k < 12; k++) {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                sum += (double)(random >> 11) / 9007199254740992.0;
            }
            for (size_t f = 0; f < FIGURES; f++)
                rounds[i / PAIRS][i % PAIRS].figures[f] = 1000 + sum;
        }
        difference_compute(&difference, rounds[0], rounds[1], PAIRS);
        inside += difference.figures[0].low <= 0 && difference.figures[0].high >= 0;
    }
    assert_in_range(inside, TRIES * 94 / 100, TRIES * 96 / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(student),
        cmocka_unit_test(known),
        cmocka_unit_test(coverage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
