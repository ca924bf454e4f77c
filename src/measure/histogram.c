/* SPDX-License-Identifier: ISC */
#include "measure/histogram.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define HALF ((size_t)1 << (HISTOGRAM_EXACT_BITS - 1))

void histogram_init(struct histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
    histogram->min_ns = UINT64_MAX;
}

uint64_t histogram_lowest(size_t index)
{
    size_t shift = index < 2 * HALF ? 0 : index / HALF - 1;

    return (uint64_t)(index - shift * HALF) << shift;
}

uint64_t histogram_highest(size_t index)
{
    return index + 1 < HISTOGRAM_BUCKETS ? histogram_lowest(index + 1) - 1 : UINT64_MAX;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (!from->count)
        return;
    for (size_t i = histogram_index(from->min_ns); i <= histogram_index(from->max_ns); i++)
        into->buckets[i] += from->buckets[i];
    into->count += from->count;
    into->sum_ns += from->sum_ns;
    into->squares = wide_sum(into->squares, from->squares);
    if (from->min_ns < into->min_ns)
        into->min_ns = from->min_ns;
    if (from->max_ns > into->max_ns)
        into->max_ns = from->max_ns;
}

/* The bucket in which the rank-th smallest duration lies (1 <= rank <= count). */
static size_t bucket_of_rank(const struct histogram *histogram, uint64_t rank)
{
    size_t index = histogram_index(histogram->min_ns);
    uint64_t seen = histogram->buckets[index];

    while (seen < rank)
        seen += histogram->buckets[++index];
    return index;
}

static uint64_t bucket_value(const struct histogram *histogram, size_t index)
{
    uint64_t highest = histogram_highest(index);

    return highest < histogram->max_ns ? highest : histogram->max_ns;
}

uint64_t histogram_percentile(const struct histogram *histogram, double percentile)
{
    double exact = percentile / 100 * (double)histogram->count;
    uint64_t rank = (uint64_t)ceil(exact);

    if (!histogram->count)
        return 0;
    /* 99.9 is not a binary fraction: 99.9 % of 1000 must be 999 and not 1000. */
    if (rank > 1 && (double)(rank - 1) >= exact * (1 - 1e-12))
        rank--;
    if (rank < 1)
        rank = 1;
    if (rank > histogram->count)
        rank = histogram->count;
    return bucket_value(histogram, bucket_of_rank(histogram, rank));
}

bool histogram_has_percentile(const struct histogram *histogram, double percentile)
{
    if (percentile >= 100)
        return histogram->count > 0;
    /* 99.9 is not a binary fraction: a thousand must do for it. */
    return histogram->count > 0 && (double)histogram->count * (1 - percentile / 100) >= 1 - 1e-9;
}

uint64_t histogram_min(const struct histogram *histogram)
{
    return histogram->count ? histogram->min_ns : 0;
}

uint64_t histogram_max(const struct histogram *histogram)
{
    return histogram->max_ns;
}

double histogram_mean(const struct histogram *histogram)
{
    return histogram->count ? (double)histogram->sum_ns / (double)histogram->count : 0;
}

/* With m the mean rounded down and r what remains of the sum, the squares of the distances from m
 * add up to squares - m * (sum + r): in whole numbers, since the difference of two large squares
 * would lose all digits of a small deviation. */
static struct wide squares_of_mean(const struct histogram *histogram)
{
    uint64_t sum_ns = histogram->sum_ns, count = histogram->count;

    return wide_product(sum_ns / count, sum_ns + sum_ns % count);
}

/* How far the mean is from m. */
static double fraction_of_mean(const struct histogram *histogram)
{
    return (double)(histogram->sum_ns % histogram->count) / (double)histogram->count;
}

double histogram_deviation(const struct histogram *histogram)
{
    double fraction, variance;
    struct wide squares;

    if (!histogram->count)
        return 0;
    squares = wide_difference(histogram->squares, squares_of_mean(histogram));
    if (squares.high >> 63) /* below zero: a report that does not agree with itself */
        return 0;
    fraction = fraction_of_mean(histogram);
    variance = wide_to_double(squares) / (double)histogram->count - fraction * fraction;
    return variance > 0 ? sqrt(variance) : 0;
}

void histogram_set_deviation(struct histogram *histogram, double deviation_ns)
{
    double fraction = fraction_of_mean(histogram);
    double variance = deviation_ns * deviation_ns + fraction * fraction;
    double squares = fmin(variance * (double)histogram->count, 0x1p126);

    histogram->squares = wide_sum(squares_of_mean(histogram), wide_from_double(round(squares)));
}

/* HdrHistogram's iteration: five steps to each halving of the distance to 100 %. */
#define TICKS_PER_HALF 5

static double next_level(double level)
{
    double halvings = floor(log2(100 / (100 - level))) + 1;

    return level + 100 / (TICKS_PER_HALF * exp2(halvings));
}

int histogram_print_hgrm(const struct histogram *histogram, double unit_ns, FILE *stream)
{
    uint64_t seen = 0;
    double level = 0;

    fprintf(stream, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
            "1/(1-Percentile)");
    for (size_t i = 0; seen < histogram->count; i++) {
        double reached;

        if (!histogram->buckets[i])
            continue;
        seen += histogram->buckets[i];
        reached = 100 * (double)seen / (double)histogram->count;
        while (level <= reached) {
            fprintf(stream, "%12.3f %2.12f %10" PRIu64 " %14.2f\n",
                    (double)bucket_value(histogram, i) / unit_ns, level / 100, seen,
                    100 / (100 - level));
            /* In the last bucket the levels would approach 100 for ever: one is enough. */
            if (seen == histogram->count)
                break;
            level = next_level(level);
        }
    }
    if (histogram->count)
        fprintf(stream, "%12.3f %2.12f %10" PRIu64 "\n", (double)histogram->max_ns / unit_ns, 1.0,
                seen);
    fprintf(stream, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n",
            histogram_mean(histogram) / unit_ns, histogram_deviation(histogram) / unit_ns);
    fprintf(stream, "#[Max     = %12.3f, Total count    = %12" PRIu64 "]\n",
            (double)histogram->max_ns / unit_ns, histogram->count);
    fprintf(stream, "#[Buckets = %12d, SubBuckets     = %12d]\n",
            HISTOGRAM_TOP_BITS - HISTOGRAM_EXACT_BITS + 1, 1 << HISTOGRAM_EXACT_BITS);
    return ferror(stream) ? -EIO : 0;
}
