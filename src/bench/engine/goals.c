/* SPDX-License-Identifier: ISC */
#include "bench/engine/goals.h"

#include <stdio.h>
#include <string.h>

int goals_parse(struct goals *goals, const char *text, struct reason *why)
{
    goals->count = 0;
    for (;;) {
        char one[80];
        size_t length = strcspn(text, ",");

        if (goals->count == GOALS_MAX)
            return reason_set(why, REASON_USAGE, 0, "more than %d goals", GOALS_MAX);
        snprintf(one, sizeof one, "%.*s", (int)(length < sizeof one ? length : sizeof one), text);
        if (goal_parse(&goals->list[goals->count], one, why) < 0)
            return -1;
        goals->count++;
        if (!text[length])
            return 0;
        text += length + 1;
    }
}

bool goals_met(const struct goals *goals, const struct result *result)
{
    for (size_t i = 0; i < goals->count; i++)
        if (!goal_met(&goals->list[i], result))
            return false;
    return true;
}
