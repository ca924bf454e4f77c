/* SPDX-License-Identifier: ISC */
#include "bench/engine/result.h"

#include "base/clock.h"

#define BUSY_SHARE    0.95
#define RELEVANT_PART 4

static double per_second(uint64_t count, uint64_t elapsed_ns)
{
    return elapsed_ns ? (double)count * 1e9 / (double)elapsed_ns : 0;
}

bool result_has_echoes(const struct result *result)
{
    return result->tally->messages || result->tally->bytes_received;
}

double result_rate(const struct result *result)
{
    return per_second(result->tally->in_time, result->elapsed_ns);
}

double result_throughput(const struct result *result)
{
    return per_second(result->tally->in_time + result->tally->carried, result->elapsed_ns);
}

double result_byte_rate(const struct result *result)
{
    return per_second(result->tally->bytes_in_time, result->elapsed_ns);
}

double result_compare_ns(const struct result *result)
{
    const struct tally *tally = result->tally;

    if (!tally->compare_sample_bytes || !tally->messages)
        return 0;
    return (double)tally->compare_sample_ns * (double)tally->compared_bytes /
           ((double)tally->compare_sample_bytes * (double)tally->messages);
}

bool result_generator_was_busy(const struct result *result)
{
    return result->busiest >= BUSY_SHARE;
}

bool result_generator_was_limit(const struct result *result)
{
    uint64_t slip_ns = histogram_percentile(&result->tally->slip, 99);

    return result_generator_was_busy(result) ||
           (slip_ns > NS_PER_MS &&
            slip_ns >= histogram_percentile(&result->tally->latency, 99) / RELEVANT_PART);
}

void result_append(struct result *into, const struct result *from)
{
    into->elapsed_ns += from->elapsed_ns;
    into->user_ns += from->user_ns;
    into->system_ns += from->system_ns;
    if (from->busiest > into->busiest)
        into->busiest = from->busiest;
    into->interrupted |= from->interrupted;
    tally_merge(into->tally, from->tally);
}

void result_merge(struct result *into, const struct result *from)
{
    uint64_t elapsed_ns = into->elapsed_ns > from->elapsed_ns ? into->elapsed_ns : from->elapsed_ns;

    result_append(into, from);
    into->elapsed_ns = elapsed_ns;
    into->connected += from->connected;
    into->idle += from->idle;
    into->processes += from->processes;
    into->threads += from->threads;
}
