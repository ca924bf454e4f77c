/* SPDX-License-Identifier: ISC */
/* A goal as users write it: "p99<1ms", "errors=0". */
#ifndef ENGINE_GOAL_H
#define ENGINE_GOAL_H

#include "base/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct result;

enum goal_figure {
    GOAL_PERCENTILE, /* of the latency, with "percentile" */
    GOAL_MEAN,
    GOAL_ERRORS,
    GOAL_RATE, /* messages per second */
    GOAL_BYTES /* echoed bytes per second */
};

enum goal_relation { GOAL_LESS, GOAL_LESS_EQUAL, GOAL_EQUAL, GOAL_MORE_EQUAL, GOAL_MORE };

struct goal {
    enum goal_figure figure;
    double percentile; /* 0 is the minimum, 100 the maximum */
    enum goal_relation relation;
    uint64_t value; /* nanoseconds, errors, messages or bytes per second */
    char text[32];  /* as it was written */
};

/* Reads one goal. Word USAGE, with what would have been right. */
int goal_parse(struct goal *goal, const char *text, struct reason *why) MUST_CHECK;

#define GOAL_VALUE_SIZE 32

/* What the result has for the goal's figure, in its unit: nanoseconds, a count, messages or bytes
 * per second; NAN when nothing was measured. */
double goal_value(const struct goal *goal, const struct result *result);

/* The same as text, "1.234 ms", "3", "812.5/s", "-". Returns text. */
const char *goal_format_value(const struct goal *goal, const struct result *result, char *text,
                              size_t size);

/* Whether the result meets the goal. Without anything that came back no goal is met, and without
 * any latency none of a latency. */
bool goal_met(const struct goal *goal, const struct result *result);

/* Whether a result that misses the goal would meet it if the generator had not been late: its
 * latencies less the 99th percentile of the slip. Slip changes no other figure. */
bool goal_missed_by_slip(const struct goal *goal, const struct result *result);

#endif
