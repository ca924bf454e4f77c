/* SPDX-License-Identifier: ISC */
#include "bench/engine/goal.h"

#include "base/text.h"
#include "bench/engine/result.h"
#include "bench/engine/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum unit { UNIT_TIME, UNIT_COUNT, UNIT_SIZE };

static const struct {
    const char *name;
    enum goal_figure figure;
    double percentile;
    enum unit unit;
} figures[] = {
    {"min", GOAL_PERCENTILE, 0, UNIT_TIME}, {"max", GOAL_PERCENTILE, 100, UNIT_TIME},
    {"mean", GOAL_MEAN, 0, UNIT_TIME},      {"errors", GOAL_ERRORS, 0, UNIT_COUNT},
    {"rate", GOAL_RATE, 0, UNIT_COUNT},     {"bytes", GOAL_BYTES, 0, UNIT_SIZE},
};

/* "99.9" of "p99.9": digits and at most one point; more than 0, less than 100. */
static int parse_percentile(const char *text, double *percentile)
{
    size_t whole = strspn(text, "0123456789");
    size_t digits = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;

    if (!whole || whole > 2 || (text[whole] == '.' && (!digits || digits > 6)) ||
        text[whole + (digits ? digits + 1 : 0)])
        return -1;
    *percentile = strtod(text, NULL);
    return *percentile > 0 ? 0 : -1;
}

static int parse_figure(struct goal *goal, const char *name, enum unit *unit)
{
    if (name[0] == 'p' && parse_percentile(name + 1, &goal->percentile) == 0) {
        goal->figure = GOAL_PERCENTILE;
        *unit = UNIT_TIME;
        return 0;
    }
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        if (strcmp(name, figures[i].name) == 0) {
            goal->figure = figures[i].figure;
            goal->percentile = figures[i].percentile;
            *unit = figures[i].unit;
            return 0;
        }
    return -1;
}

/* Returns the length of the relation. */
static size_t parse_relation(struct goal *goal, const char *text)
{
    if (text[0] == '=') {
        goal->relation = GOAL_EQUAL;
        return 1;
    }
    if (text[0] == '<')
        goal->relation = text[1] == '=' ? GOAL_LESS_EQUAL : GOAL_LESS;
    else
        goal->relation = text[1] == '=' ? GOAL_MORE_EQUAL : GOAL_MORE;
    return text[1] == '=' ? 2 : 1;
}

static int parse_value(struct goal *goal, const char *text, enum unit unit, struct reason *why)
{
    switch (unit) {
    case UNIT_TIME:
        return text_duration(text, TEXT_UNIT_REQUIRED, 0, UINT64_MAX >> 1, &goal->value, why);
    case UNIT_SIZE:
        return text_size(text, 0, UINT64_MAX, &goal->value, why);
    case UNIT_COUNT:
        break;
    }
    return text_number(text, 0, UINT64_MAX, &goal->value, why);
}

int goal_parse(struct goal *goal, const char *text, struct reason *why)
{
    size_t length = strlen(text), name_length = strcspn(text, "<>=");
    char name[sizeof goal->text], quoted[64];
    enum unit unit;
    struct reason value_why;

    text_escape(quoted, sizeof quoted, text, length);
    if (length >= sizeof goal->text || !text[name_length])
        return reason_set(why, REASON_USAGE, 0, "\"%s\" is not a goal such as p99<1ms or errors=0",
                          quoted);
    memcpy(goal->text, text, length + 1);
    snprintf(name, sizeof name, "%.*s", (int)name_length, text);
    if (parse_figure(goal, name, &unit) < 0)
        return reason_set(why, REASON_USAGE, 0,
                          "\"%s\" does not begin with p50, p99.9, min, mean, max, errors, rate "
                          "or bytes",
                          quoted);
    text += name_length;
    text += parse_relation(goal, text);
    if (parse_value(goal, text, unit, &value_why) < 0)
        return reason_set(why, REASON_USAGE, 0, "%.30s: %s", quoted, value_why.text);
    return 0;
}

static double figure_value(const struct goal *goal, const struct result *result)
{
    const struct histogram *latency = &result->tally->latency;

    switch (goal->figure) {
    case GOAL_PERCENTILE:
        return (double)(goal->percentile > 0 ? histogram_percentile(latency, goal->percentile)
                                             : histogram_min(latency));
    case GOAL_MEAN:
        return histogram_mean(latency);
    case GOAL_ERRORS:
        return (double)tally_errors(result->tally);
    case GOAL_BYTES:
        return result_byte_rate(result);
    case GOAL_RATE:
        break;
    }
    return result_rate(result);
}

static bool is_latency(const struct goal *goal)
{
    return goal->figure == GOAL_PERCENTILE || goal->figure == GOAL_MEAN;
}

static bool compare(const struct goal *goal, double value)
{
    double asked = (double)goal->value;

    switch (goal->relation) {
    case GOAL_LESS:
        return value < asked;
    case GOAL_LESS_EQUAL:
        return value <= asked;
    case GOAL_MORE_EQUAL:
        return value >= asked;
    case GOAL_MORE:
        return value > asked;
    case GOAL_EQUAL:
        break;
    }
    return value >= asked && value <= asked;
}

double goal_value(const struct goal *goal, const struct result *result)
{
    if (!result_has_echoes(result) || (is_latency(goal) && !result->tally->latency.count))
        return NAN;
    return figure_value(goal, result);
}

const char *goal_format_value(const struct goal *goal, const struct result *result, char *text,
                              size_t size)
{
    double value = goal_value(goal, result);

    if (isnan(value))
        snprintf(text, size, "-");
    else if (is_latency(goal))
        units_format_time(value, text, size);
    else if (goal->figure == GOAL_ERRORS)
        snprintf(text, size, "%.0f", value);
    else if (goal->figure == GOAL_BYTES)
        snprintf(text, size, "%.3f MB/s", value / 1e6);
    else
        snprintf(text, size, "%.1f/s", value);
    return text;
}

bool goal_met(const struct goal *goal, const struct result *result)
{
    double value = goal_value(goal, result);

    return !isnan(value) && compare(goal, value);
}

bool goal_missed_by_slip(const struct goal *goal, const struct result *result)
{
    double slip_ns = (double)histogram_percentile(&result->tally->slip, 99);

    return is_latency(goal) && result->tally->latency.count && !goal_met(goal, result) &&
           compare(goal, figure_value(goal, result) - slip_ns);
}
