/* SPDX-License-Identifier: ISC */
#include "bench/engine/tally.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct tally *tally_create(void)
{
    struct tally *tally = malloc(sizeof *tally);

    if (tally)
        tally_reset(tally);
    return tally;
}

void tally_destroy(struct tally *tally)
{
    free(tally);
}

void tally_reset(struct tally *tally)
{
    memset(tally, 0, offsetof(struct tally, latency));
    histogram_init(&tally->latency);
    histogram_init(&tally->service);
    histogram_init(&tally->slip);
    histogram_init(&tally->connect);
}

void tally_merge_errors(struct tally *into, const struct tally *from)
{
    for (size_t i = 0; i < REASON_WORDS; i++) {
        into->connect_errors[i] += from->connect_errors[i];
        into->errors[i] += from->errors[i];
    }
    into->no_port += from->no_port;
    into->no_descriptor += from->no_descriptor;
    if (into->verdict.word == REASON_NONE && from->verdict.word != REASON_NONE) {
        into->verdict = from->verdict;
        into->verdict_connection = from->verdict_connection;
    }
}

void tally_merge(struct tally *into, const struct tally *from)
{
    into->messages += from->messages;
    into->in_time += from->in_time;
    into->carried += from->carried;
    into->bytes_in_time += from->bytes_in_time;
    into->bytes_sent += from->bytes_sent;
    into->bytes_received += from->bytes_received;
    into->lost += from->lost;
    into->unsent += from->unsent;
    into->connects += from->connects;
    into->fallbacks += from->fallbacks;
    tally_merge_errors(into, from);
    into->compared_bytes += from->compared_bytes;
    into->compare_samples += from->compare_samples;
    into->compare_sample_bytes += from->compare_sample_bytes;
    into->compare_sample_ns += from->compare_sample_ns;
    histogram_merge(&into->latency, &from->latency);
    histogram_merge(&into->service, &from->service);
    histogram_merge(&into->slip, &from->slip);
    histogram_merge(&into->connect, &from->connect);
}

uint64_t tally_errors(const struct tally *tally)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < REASON_WORDS; i++)
        sum += tally->connect_errors[i] + tally->errors[i];
    return sum;
}

enum exit_status tally_status(const struct tally *tally)
{
    enum exit_status status = EXIT_EXACT;
    bool local = tally->no_port || tally->no_descriptor;

    for (size_t i = 0; i < REASON_WORDS; i++)
        for (int connected = 0; connected < 2; connected++) {
            enum exit_status one = reason_exit_status((enum reason_word)i, connected);

            if (!(connected ? tally->errors : tally->connect_errors)[i])
                continue;
            if (one == EXIT_LOCAL)
                local = true;
            else
                status = exit_status_worse(status, one);
        }
    if (status == EXIT_EXACT && local)
        return EXIT_LOCAL;
    if (status == EXIT_EXACT &&
        (tally->lost || tally->unsent || tally->bytes_received < tally->bytes_sent))
        return EXIT_MISSING;
    return status;
}
