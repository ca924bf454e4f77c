/* SPDX-License-Identifier: ISC */
/* Goals as users write them: "p99<1ms,errors=0,rate>50000". */
#ifndef ENGINE_GOALS_H
#define ENGINE_GOALS_H

#include "bench/engine/goal.h"

#include <stdbool.h>

#define GOALS_MAX 16

struct goals {
    struct goal list[GOALS_MAX];
    size_t count;
};

/* Reads a comma-separated list. Word USAGE, with what would have been right. */
int goals_parse(struct goals *goals, const char *text, struct reason *why) MUST_CHECK;

/* Whether the result meets all of them. */
bool goals_met(const struct goals *goals, const struct result *result);

#endif
