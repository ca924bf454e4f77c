/* SPDX-License-Identifier: ISC */
/* What a run over one endpoint came to. */
#ifndef ENGINE_RESULT_H
#define ENGINE_RESULT_H

#include "bench/engine/tally.h"
#include "transport/address.h"
#include "transport/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct result {
    char endpoint[ENDPOINT_TEXT_SIZE];
    char address[ADDRESS_TEXT_SIZE];
    char started[32];    /* wall clock, ISO 8601, UTC */
    uint64_t elapsed_ns; /* measured time */
    unsigned connected;  /* connections that were open when the load began */
    unsigned idle;       /* silent ones besides them */
    unsigned processes;  /* 1; more in a merged result */
    unsigned threads;
    uint64_t user_ns, system_ns; /* the generator's own CPU in the measured time */
    double busiest;              /* the busiest thread's share of one CPU, 0 to 1 */
    bool interrupted;
    struct tally *tally;
    /* Of a merged result: what it was made of. */
    struct result_print *prints;
    size_t print_count;
};

/* Enough of the result of one process to know it again. */
#define RESULT_PRINT_SIZE 17
struct result_print {
    char text[RESULT_PRINT_SIZE];
};

/* Whether anything came back at all: without it there are no figures. */
bool result_has_echoes(const struct result *result);

/* Messages, and echoed bytes, per second of the measured time. */
double result_rate(const struct result *result);
double result_byte_rate(const struct result *result);

/* Messages completed per second of the measured time, whenever they were due: what an open loop has
 * achieved. */
double result_throughput(const struct result *result);

/* Nanoseconds that the comparison of one message's bytes took, by samples; 0 without any. */
double result_compare_ns(const struct result *result);

/* Whether a thread of the generator was never idle. */
bool result_generator_was_busy(const struct result *result);

/* Whether the generator and not the server was the limit: a thread that was never idle, or an open
 * loop that was late by its own fault for a hundredth of the messages, by more than a millisecond
 * and by a quarter of what clients waited. */
bool result_generator_was_limit(const struct result *result);

/* Adds the result of a further round after this one: the measured times add up. */
void result_append(struct result *into, const struct result *from);

/* Adds the result of another process that ran at the same time: rates add up because the measured
 * time is the longer of the two. */
void result_merge(struct result *into, const struct result *from);

#endif
