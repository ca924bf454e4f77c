/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "bench/engine/pacer.h"
#include "lib/testing.h"

#include <math.h>

#define START (UINT64_C(7) * NS_PER_S + 13)

static const uint64_t rates[] = {1, 2, 3, 7, 60, 999, 1000, 48000, 333333, 1000000, 99999989};

/* The shares of any number of threads make up the one even schedule, with no message twice. */
static void uniform(void **state)
{
    (void)state;
    for (size_t r = 0; r < COUNT(rates); r++)
        for (uint64_t threads = 1; threads <= 5; threads++) {
            struct pacer pacers[5];
            uint64_t due = START, parts = 0; /* of a nanosecond, rate to one */

            for (uint64_t i = 0; i < threads; i++)
                pacer_init(&pacers[i], PACER_UNIFORM, START, rates[r], i, threads, 1);
            for (uint64_t k = 0; k < 3000; k++) {
                struct pacer *pacer = &pacers[k % threads];

                assert_true(pacer_next(pacer) == due);
                pacer_advance(pacer);
                /* start + floor(k * 10^9 / rate), step by step. */
                parts += NS_PER_S;
                due += parts / rates[r];
                parts %= rates[r];
            }
        }
}

/* No drift in a day at a rate that divides nothing. */
static void no_drift(void **state)
{
    struct pacer pacer;
    uint64_t k = UINT64_C(86400) * 99999989;

    (void)state;
    pacer_init(&pacer, PACER_UNIFORM, START, 99999989, k, 1, 1);
    assert_true(pacer_next(&pacer) == START + 86400 * NS_PER_S);
}

/* What is asked never moves what is due: the schedule is the same however late it is read. */
static void unmoved(void **state)
{
    struct pacer eager, lazy;

    (void)state;
    pacer_init(&eager, PACER_POISSON, START, 1000, 0, 1, 9);
    pacer_init(&lazy, PACER_POISSON, START, 1000, 0, 1, 9);
    for (unsigned i = 0; i < 1000; i++) {
        for (unsigned reads = 0; reads < 3; reads++)
            (void)pacer_next(&eager);
        assert_true(pacer_next(&eager) == pacer_next(&lazy));
        pacer_advance(&eager);
        pacer_advance(&lazy);
    }
}

/* Exponential gaps: mean and deviation are the same, a share e^-1 is longer than the mean, and
 * neighbours do not depend on each other. */
static void poisson(void **state)
{
    enum { GAPS = 200000 };

    (void)state;
    for (uint64_t threads = 1; threads <= 4; threads += 3) {
        const double mean_ns = 1e9 * (double)threads / 10000;
        double sum = 0, squares = 0, product = 0, previous_gap = 0;
        unsigned longer = 0;
        uint64_t last = START;
        struct pacer pacer;

        pacer_init(&pacer, PACER_POISSON, START, 10000, threads - 1, threads, 5);
        for (unsigned i = 0; i < GAPS; i++) {
            uint64_t due = pacer_next(&pacer);
            double gap = (double)(due - last);

            assert_true(due >= last);
            sum += gap;
            squares += gap * gap;
            product += (gap - mean_ns) * (previous_gap - mean_ns);
            longer += gap > mean_ns;
            previous_gap = gap;
            last = due;
            pacer_advance(&pacer);
        }
        assert_true(fabs(sum / GAPS / mean_ns - 1) < 0.01);
        assert_true(fabs(sqrt(squares / GAPS - mean_ns * mean_ns) / mean_ns - 1) < 0.02);
        assert_true(fabs((double)longer / GAPS - exp(-1)) < 0.005);
        assert_true(fabs(product / GAPS / (mean_ns * mean_ns)) < 0.01);
    }
}

/* Threads and runs do not send at the same moments. */
static void seeds(void **state)
{
    struct pacer a, b, c;
    unsigned equal = 0;

    (void)state;
    pacer_init(&a, PACER_POISSON, START, 1000, 0, 2, 1);
    pacer_init(&b, PACER_POISSON, START, 1000, 1, 2, 1);
    pacer_init(&c, PACER_POISSON, START, 1000, 0, 2, 77);
    for (unsigned i = 0; i < 1000; i++) {
        equal += pacer_next(&a) == pacer_next(&b) || pacer_next(&a) == pacer_next(&c);
        pacer_advance(&a);
        pacer_advance(&b);
        pacer_advance(&c);
    }
    assert_in_range(equal, 0, 3);
}

/* The count of what is due is that of walking there, and takes no longer for a long time. */
static void counts(void **state)
{
    const uint64_t hour_ns = 3600 * NS_PER_S;
    struct pacer pacer;

    (void)state;
    for (size_t r = 0; r < COUNT(rates); r++)
        for (uint64_t i = 0; i < 3; i++)
            for (uint64_t taken = 0; taken < 3; taken++)
                for (uint64_t from_ns = 0; from_ns < 3000; from_ns += 997) {
                    uint64_t until_ns = START + 40 * NS_PER_S / rates[r], count = 0, found;

                    pacer_init(&pacer, PACER_UNIFORM, START, rates[r], i, 3, 1);
                    for (uint64_t k = 0; k < taken; k++)
                        pacer_advance(&pacer);
                    found = pacer_count(&pacer, START + from_ns, until_ns);
                    for (; pacer_next(&pacer) < until_ns; pacer_advance(&pacer))
                        count += pacer_next(&pacer) >= START + from_ns;
                    if (found != count)
                        fail_msg("%ju/s: %ju and not %ju", (uintmax_t)rates[r], (uintmax_t)found,
                                 (uintmax_t)count);
                }
    pacer_init(&pacer, PACER_UNIFORM, START, 100000000, 1, 2, 1);
    assert_true(pacer_count(&pacer, START, START + hour_ns) == UINT64_C(50000000) * 3600);
    assert_true(pacer_count(&pacer, START, START) == 0);
    pacer_init(&pacer, PACER_POISSON, START, 100000000, 1, 2, 1);
    assert_true(pacer_count(&pacer, START, START + hour_ns) > UINT64_C(49999000) * 3600);
    assert_true(pacer_count(&pacer, START, START + hour_ns) < UINT64_C(50001000) * 3600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uniform), cmocka_unit_test(no_drift), cmocka_unit_test(unmoved),
        cmocka_unit_test(poisson), cmocka_unit_test(seeds),    cmocka_unit_test(counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
