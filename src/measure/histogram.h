/* SPDX-License-Identifier: ISC */
/*
 * Durations, counted in buckets of at most 1/1024 of their value: three significant digits from
 * 1 ns to 18 minutes in fixed memory (about 250 KiB: not for the stack). Longer ones count in the
 * last bucket; minimum, maximum, mean and deviation are exact. Histograms of several threads,
 * processes and hosts add up without loss.
 */
#ifndef MEASURE_HISTOGRAM_H
#define MEASURE_HISTOGRAM_H

#include "base/wide.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define HISTOGRAM_EXACT_BITS 11 /* values below 2^11 ns have a bucket each */
#define HISTOGRAM_TOP_BITS   40
#define HISTOGRAM_BUCKETS                                                                          \
    ((1 << HISTOGRAM_EXACT_BITS) +                                                                 \
     ((HISTOGRAM_TOP_BITS - HISTOGRAM_EXACT_BITS) << (HISTOGRAM_EXACT_BITS - 1)))

struct histogram {
    uint64_t count;
    uint64_t min_ns; /* UINT64_MAX while empty */
    uint64_t max_ns;
    uint64_t sum_ns;
    struct wide squares; /* sum of the squares, ns^2 */
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_init(struct histogram *histogram);

/* The bucket of a duration, and the lowest and highest duration that falls into one. */
static inline size_t histogram_index(uint64_t ns)
{
    unsigned shift;

    if (ns >> HISTOGRAM_TOP_BITS)
        return HISTOGRAM_BUCKETS - 1;
    if (!(ns >> HISTOGRAM_EXACT_BITS))
        return (size_t)ns;
    shift = (unsigned)(64 - HISTOGRAM_EXACT_BITS) - (unsigned)__builtin_clzll(ns);
    return ((size_t)shift << (HISTOGRAM_EXACT_BITS - 1)) + (size_t)(ns >> shift);
}
uint64_t histogram_lowest(size_t index);
uint64_t histogram_highest(size_t index);

static inline void histogram_record(struct histogram *histogram, uint64_t ns)
{
    histogram->buckets[histogram_index(ns)]++;
    histogram->count++;
    histogram->sum_ns += ns;
    histogram->squares = wide_sum(histogram->squares, wide_product(ns, ns));
    if (ns < histogram->min_ns)
        histogram->min_ns = ns;
    if (ns > histogram->max_ns)
        histogram->max_ns = ns;
}

void histogram_merge(struct histogram *into, const struct histogram *from);

/* Whether there are durations enough for a percentile to be other than the maximum: at least
 * 1 / (1 - p) of them; for 0 and 100 one. */
bool histogram_has_percentile(const struct histogram *histogram, double percentile);

/* All 0 while empty. The percentile (0 to 100) is the highest value of its bucket, at most the
 * maximum: at least that share of the durations is not longer. */
uint64_t histogram_percentile(const struct histogram *histogram, double percentile);
uint64_t histogram_min(const struct histogram *histogram);
uint64_t histogram_max(const struct histogram *histogram);
double histogram_mean(const struct histogram *histogram);
double histogram_deviation(const struct histogram *histogram); /* of the population */

/* Restores what the deviation is calculated from, once count and sum_ns are there. */
void histogram_set_deviation(struct histogram *histogram, double deviation_ns);

/* The .hgrm percentile table that HdrHistogram's plotters read; values are divided by unit_ns
 * (1e6 gives milliseconds). 0, or a negative errno. */
int histogram_print_hgrm(const struct histogram *histogram, double unit_ns, FILE *stream);

#endif
