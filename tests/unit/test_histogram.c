/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "lib/testing.h"
#include "measure/histogram.h"

#include <math.h>
#include <stdlib.h>

static struct histogram first, second, both;

static uint64_t random_state = 42;

static uint64_t random_number(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* The buckets tile the range without gap and overlap, each at most 1/1024 of its values wide. */
static void buckets(void **state)
{
    (void)state;
    assert_true(histogram_lowest(0) == 0);
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        uint64_t low = histogram_lowest(i), high = histogram_highest(i);

        assert_true(histogram_index(low) == i);
        assert_true(histogram_index(high) == i);
        if (i + 1 == HISTOGRAM_BUCKETS)
            break;
        assert_true(histogram_lowest(i + 1) == high + 1);
        assert_true(high - low <= low / 1024);
    }
    assert_true(histogram_index(UINT64_MAX) == HISTOGRAM_BUCKETS - 1);
    assert_true(histogram_lowest(HISTOGRAM_BUCKETS - 1) > 1000 * NS_PER_S);
}

#define VALUES 2000

/* Every rank of a sorted list, for distributions of several shapes. */
static void percentiles(void **state)
{
    static uint64_t values[VALUES];

    (void)state;
    for (unsigned shape = 0; shape < 6; shape++) {
        uint64_t sum = 0;

        histogram_init(&first);
        for (size_t i = 0; i < VALUES; i++) {
            static const uint64_t ranges[] = {1, 2047, 10 * NS_PER_US, NS_PER_MS, 60 * NS_PER_S, 0};

            values[i] = ranges[shape] ? random_number() % ranges[shape]
                                      : random_number() >> (24 + random_number() % 40);
            histogram_record(&first, values[i]);
            sum += values[i];
        }
        qsort(values, VALUES, sizeof values[0], by_value);
        assert_true(first.count == VALUES);
        assert_true(histogram_min(&first) == values[0]);
        assert_true(histogram_max(&first) == values[VALUES - 1]);
        assert_true(fabs(histogram_mean(&first) - (double)sum / VALUES) <=
                    1e-9 * (double)sum / VALUES);
        for (size_t rank = 1; rank <= VALUES; rank++) {
            uint64_t exact = values[rank - 1];
            uint64_t got = histogram_percentile(&first, 100 * (double)rank / VALUES);

            if (got < exact || got - exact > exact / 1024)
                fail_msg("shape %u, rank %zu: %ju instead of %ju", shape, rank, (uintmax_t)got,
                         (uintmax_t)exact);
        }
        assert_true(histogram_percentile(&first, 0) >= values[0]);
        assert_true(histogram_percentile(&first, 100) == values[VALUES - 1]);
    }
}

/* 99.9 % of 1000 is the 999th, although 99.9 is no binary fraction. */
static void edges(void **state)
{
    static const struct {
        double percentile;
        uint64_t expected;
    } rows[] = {{0, 1},    {0.1, 1},    {0.10001, 2},  {50, 500},  {50.01, 501},
                {90, 900}, {99.9, 999}, {99.99, 1000}, {100, 1000}};

    (void)state;
    histogram_init(&first);
    assert_true(histogram_percentile(&first, 99) == 0);
    assert_true(histogram_min(&first) == 0 && histogram_max(&first) == 0);
    assert_true(histogram_mean(&first) == 0 && histogram_deviation(&first) == 0);
    for (uint64_t i = 1; i <= 1000; i++)
        histogram_record(&first, i);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(histogram_percentile(&first, rows[i].percentile), rows[i].expected);
    histogram_record(&first, UINT64_MAX / 2);
    assert_true(histogram_percentile(&first, 100) == UINT64_MAX / 2);
}

static void deviation(void **state)
{
    static const uint64_t values[] = {11300, 10800, 11000};

    (void)state;
    histogram_init(&first);
    for (size_t i = 0; i < COUNT(values); i++)
        histogram_record(&first, values[i]);
    assert_true(fabs(histogram_deviation(&first) - 205.48046676563) < 1e-6);
    histogram_init(&first);
    for (size_t i = 0; i < 5; i++)
        histogram_record(&first, 59 * NS_PER_S);
    assert_true(histogram_deviation(&first) == 0);
    /* Squares that are too small for their sum: no histogram of ours, a report may say so. */
    first.squares = wide_difference(first.squares, (struct wide){0, 1});
    assert_true(histogram_deviation(&first) == 0);
    /* A nanosecond in a minute. */
    histogram_init(&first);
    for (uint64_t i = 0; i < 3; i++)
        histogram_record(&first, 59 * NS_PER_S + i);
    assert_true(fabs(histogram_deviation(&first) - 0.816496580928) < 1e-9);
}

static void merging(void **state)
{
    (void)state;
    histogram_init(&first);
    histogram_init(&second);
    histogram_init(&both);
    histogram_merge(&first, &second);
    assert_memory_equal(&first, &both, sizeof both);
    for (size_t i = 0; i < VALUES; i++) {
        uint64_t value = random_number() >> (20 + random_number() % 44);

        histogram_record(i % 3 ? &first : &second, value);
        histogram_record(&both, value);
    }
    histogram_merge(&first, &second);
    assert_memory_equal(&first, &both, sizeof both);
}

/* The table: levels rise, values and counts do not fall, and each row is true. */
static void table(void **state)
{
    char *text = NULL, *line, *rest;
    size_t size = 0, rows = 0;
    double last_value = -1, last_level = -1;
    FILE *stream = open_memstream(&text, &size);

    (void)state;
    assert_non_null(stream);
    histogram_init(&first);
    for (uint64_t i = 1; i <= 10000; i++)
        histogram_record(&first, i * NS_PER_US);
    assert_int_equal(histogram_print_hgrm(&first, 1e6, stream), 0);
    fclose(stream);
    line = strtok_r(text, "\n", &rest);
    assert_string_equal(line, "       Value     Percentile TotalCount 1/(1-Percentile)");
    while ((line = strtok_r(NULL, "\n", &rest)) && *line != '#') {
        double value, level;
        unsigned long count;

        assert_int_equal(sscanf(line, "%lf %lf %lu", &value, &level, &count), 3);
        assert_true(value >= last_value && level > last_level && level <= 1);
        assert_true((double)count >= level * 10000 - 1e-6); /* twelve decimals were printed */
        assert_true(fabs(value * 1000 - (double)count) <= 1 + value);
        last_value = value;
        last_level = level;
        rows++;
    }
    assert_true(last_level == 1 && last_value == 10);
    assert_in_range(rows, 40, 200);
    assert_non_null(line);
    assert_string_equal(line, "#[Mean    =        5.000, StdDeviation   =        2.887]");
    assert_string_equal(strtok_r(NULL, "\n", &rest),
                        "#[Max     =       10.000, Total count    =        10000]");
    free(text);
}

/* An empty one and one with a single value print and end too. */
static void small_tables(void **state)
{
    (void)state;
    for (uint64_t count = 0; count < 3; count++) {
        char *text = NULL;
        size_t size = 0;
        FILE *stream = open_memstream(&text, &size);

        assert_non_null(stream);
        histogram_init(&first);
        for (uint64_t i = 0; i < count; i++)
            histogram_record(&first, 1000);
        assert_int_equal(histogram_print_hgrm(&first, 1e3, stream), 0);
        fclose(stream);
        assert_true(!!strstr(text, "1.000000000000") == (count > 0));
        free(text);
    }
}

/* A percentile that is the maximum by lack of numbers is none. */
static void enough_for_a_percentile(void **state)
{
    static const struct {
        double percentile;
        uint64_t least;
    } rows[] = {{0, 1}, {50, 2}, {90, 10}, {99, 100}, {99.9, 1000}, {99.99, 10000}, {100, 1}};
    struct histogram *histogram = malloc(sizeof *histogram);

    (void)state;
    assert_non_null(histogram);
    for (size_t i = 0; i < COUNT(rows); i++) {
        histogram_init(histogram);
        assert_false(histogram_has_percentile(histogram, rows[i].percentile));
        for (uint64_t k = 1; k <= rows[i].least; k++) {
            histogram_record(histogram, k);
            assert_int_equal(histogram_has_percentile(histogram, rows[i].percentile),
                             k == rows[i].least);
        }
    }
    free(histogram);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets),      cmocka_unit_test(percentiles),
        cmocka_unit_test(edges),        cmocka_unit_test(deviation),
        cmocka_unit_test(merging),      cmocka_unit_test(table),
        cmocka_unit_test(small_tables), cmocka_unit_test(enough_for_a_percentile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
