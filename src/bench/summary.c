/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "bench/summary.h"

#include "base/text.h"
#include "bench/engine/workload.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

void summary_print_head(FILE *stream, const struct environment *environment, char *const *command)
{
    char quoted[512], word[512];

    fprintf(stream, "echo-bench %s\ncommand   ", PACKAGE_VERSION);
    for (; *command; command++) {
        text_quote_word(quoted, sizeof quoted, *command);
        text_escape(word, sizeof word, quoted, strlen(quoted));
        fprintf(stream, " %s", word);
    }
    fprintf(stream, "\nmachine    %s,\n           %ld CPUs, %s%s%s\n", environment->kernel,
            environment->cpus, environment->cpu, environment->governor[0] ? ", governor " : "",
            environment->governor);
}

static void print_size(FILE *stream, const struct plan *plan)
{
    if (plan->size_min == plan->size_max)
        fprintf(stream, "messages of %" PRIu64 " bytes", plan->size_min);
    else
        fprintf(stream, "messages of %" PRIu64 " to %" PRIu64 " bytes", plan->size_min,
                plan->size_max);
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* The connections that were asked for, and what became of them. */
static void print_connections(FILE *stream, const struct plan *plan, const struct result *result)
{
    fprintf(stream, "           %u connection%s", plan->connections, plural(plan->connections));
    if (plan->idle)
        fprintf(stream, " and %u idle", plan->idle);
    fprintf(stream, ", %u thread%s", result->threads, plural(result->threads));
    if (result->processes > 1)
        fprintf(stream, " in %u processes", result->processes);
    fputc('\n', stream);
    if (result->connected < plan->connections || result->idle < plan->idle) {
        fprintf(stream, "           only %u were open when the load began", result->connected);
        if (plan->idle)
            fprintf(stream, ", and %u idle", result->idle);
        fputc('\n', stream);
    }
}

static void print_mode(FILE *stream, const struct plan *plan, const struct result *result)
{
    char warmup[32];

    fprintf(stream, "mode       ");
    if (!plan->workload->has_messages)
        fprintf(stream, "%s\n", plan->workload->title);
    else if (plan->rate)
        fprintf(stream, "open loop, %" PRIu64 " messages/s offered, %s arrivals\n", plan->rate,
                plan_arrival_names[plan->arrival]);
    else
        fprintf(stream, "closed loop\n");
    print_connections(stream, plan, result);
    if (plan->workload->has_messages) {
        fprintf(stream, "           ");
        print_size(stream, plan);
        fprintf(stream, ", %s%u in flight on each\n", plan->rate ? "up to " : "", plan->in_flight);
        if (plan->churn)
            fprintf(stream, "           reconnect after %" PRIu64 " message%s\n", plan->churn,
                    plural(plan->churn));
    }
    fprintf(stream, "           %.3f s after %s of warm-up%s", (double)result->elapsed_ns / 1e9,
            plan->warmup_ns ? text_format_duration(plan->warmup_ns, warmup, sizeof warmup) : "0s",
            result->interrupted ? " (interrupted)" : "");
    if (result->processes == 1)
        fprintf(stream, ", seed %" PRIu64, plan->seed);
    fputc('\n', stream);
    if (!plan->rate && plan->workload->has_messages)
        fprintf(stream,
                "           a closed loop stops sending while the server stalls: what clients\n"
                "           would wait then does not show below (-R RATE shows it)\n");
}

static void print_messages(FILE *stream, const struct plan *plan, const struct result *result)
{
    const struct tally *tally = result->tally;

    if (plan->workload->has_messages)
        fprintf(stream, "messages   %" PRIu64 " echoed, %.1f/s\n", tally->messages,
                result_rate(result));
    fprintf(stream, "bytes      %" PRIu64 " sent, %" PRIu64 " back, %.3f MB/s\n", tally->bytes_sent,
            tally->bytes_received, result_byte_rate(result) / 1e6);
    if (tally->lost)
        fprintf(stream, "lost       %" PRIu64 " message%s sent and not back\n", tally->lost,
                plural(tally->lost));
    if (tally->unsent)
        fprintf(stream, "unsent     %" PRIu64 " message%s due, but no connection was free for it\n",
                tally->unsent, plural(tally->unsent));
    if (tally->fallbacks)
        fprintf(stream,
                "fallback   %" PRIu64 " connection%s by another protocol: the peer lacks it\n",
                tally->fallbacks, plural(tally->fallbacks));
    if (!result_has_echoes(result))
        fprintf(stream, "           nothing was measured: no echo in the measured time\n");
}

void summary_print_errors(FILE *stream, const struct tally *tally)
{
    char text[VERDICT_TEXT_SIZE];

    fprintf(stream, "errors     %s", tally_errors(tally) ? "" : "none");
    for (size_t i = 0; i < REASON_WORDS; i++) {
        if (tally->connect_errors[i])
            fprintf(stream, "%s %" PRIu64 " (connecting)  ", reason_name((enum reason_word)i),
                    tally->connect_errors[i]);
        if (tally->errors[i])
            fprintf(stream, "%s %" PRIu64 "  ", reason_name((enum reason_word)i), tally->errors[i]);
    }
    fputc('\n', stream);
    if (tally->verdict.word != REASON_NONE)
        fprintf(stream, "first      %s%s (connection %" PRIu64 ")\n",
                verdict_format(&tally->verdict, text, sizeof text),
                tally->verdict.word == REASON_FOREIGN ? ": bytes of another connection" : "",
                tally->verdict_connection);
    if (tally->no_port)
        fprintf(stream,
                "limit      this machine had no local port %" PRIu64 " time%s (EADDRNOTAVAIL):\n"
                "           not the server's fault; see --source\n",
                tally->no_port, plural(tally->no_port));
    if (tally->no_descriptor)
        fprintf(stream, "limit      this machine had no descriptor %" PRIu64 " time%s (EMFILE)\n",
                tally->no_descriptor, plural(tally->no_descriptor));
}

#define COLUMNS 7

/* The figures of the table: percentiles, the maximum, the mean; NAN for those that too few
 * durations support. */
static void read_columns(const struct histogram *histogram, double values[COLUMNS])
{
    static const double levels[] = {50, 90, 99, 99.9, 99.99, 100};

    for (size_t i = 0; i < COLUMNS - 1; i++)
        values[i] = histogram_has_percentile(histogram, levels[i])
                        ? (double)histogram_percentile(histogram, levels[i])
                        : NAN;
    values[COLUMNS - 1] = histogram_mean(histogram);
}

/* How figures are printed. */
struct scaling {
    const char *unit;
    double scale;
    int decimals;
};

/* One unit, that of the smallest value, and as many decimals as the largest leaves room for. */
static struct scaling choose_scaling(double lowest, double highest)
{
    struct scaling scaling = {"us", 1e3, 3};

    if (lowest >= 1e6 && isfinite(lowest))
        scaling = (struct scaling){"ms", 1e6, 3};
    /* Nine characters: the point, the decimals, and the rest for what is in front of it. */
    while (scaling.decimals > 0 && highest / scaling.scale >= pow(10, 8 - scaling.decimals) - 1)
        scaling.decimals--;
    return scaling;
}

static void print_times(FILE *stream, const struct plan *plan, const struct result *result)
{
    static const char *const heads[COLUMNS] = {"p50",    "p90", "p99", "p99.9",
                                               "p99.99", "max", "mean"};
    const struct {
        const char *name;
        const struct histogram *histogram;
    } rows[] = {{"connect", &result->tally->connect},
                {"latency", &result->tally->latency},
                {"service", &result->tally->service},
                {"slip", &result->tally->slip}};
    const size_t count = sizeof rows / sizeof rows[0];
    double values[sizeof rows / sizeof rows[0]][COLUMNS];
    struct scaling columns[COLUMNS];

    if (!result->tally->connect.count && !result->tally->latency.count)
        return;
    for (size_t i = 0; i < count; i++)
        read_columns(rows[i].histogram, values[i]);
    fprintf(stream, "%-9s", "");
    for (size_t j = 0; j < COLUMNS; j++) {
        double lowest = INFINITY, highest = 0;

        for (size_t i = 0; i < count; i++) {
            if (!rows[i].histogram->count)
                continue;
            lowest = fmin(lowest, values[i][j]);
            highest = fmax(highest, values[i][j]);
        }
        columns[j] = choose_scaling(lowest, highest);
        fprintf(stream, "%10s", heads[j]);
    }
    fprintf(stream, "\n%-9s", "");
    for (size_t j = 0; j < COLUMNS; j++)
        fprintf(stream, "%10s", columns[j].unit);
    fputc('\n', stream);
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].histogram->count)
            continue;
        fprintf(stream, "%-9s", rows[i].name);
        for (size_t j = 0; j < COLUMNS; j++)
            if (isnan(values[i][j]))
                fprintf(stream, "%10s", "-");
            else
                fprintf(stream, "%10.*f", columns[j].decimals, values[i][j] / columns[j].scale);
        fputc('\n', stream);
    }
    if (plan->rate)
        fprintf(stream, "           latency from the intended send, service from the actual one;\n"
                        "           slip: how late the generator itself was\n");
}

static void print_generator(FILE *stream, const struct plan *plan, const struct result *result)
{
    uint64_t cpu_ns = result->user_ns + result->system_ns;
    double elapsed_ns = (double)result->elapsed_ns;

    if (!result->elapsed_ns)
        return;
    fprintf(stream, "generator  %.3f s of CPU (%.0f %% of one), busiest thread %.0f %%",
            (double)cpu_ns / 1e9, 100 * (double)cpu_ns / elapsed_ns, 100 * result->busiest);
    if (result->tally->messages)
        fprintf(stream, ";\n           %.3f us a message",
                (double)cpu_ns / 1e3 / (double)result->tally->messages);
    if (plan->verify != PLAN_VERIFY_FULL)
        fprintf(stream, ";\n           bytes compared: %s", plan_verify_names[plan->verify]);
    if (result_compare_ns(result) > 0)
        fprintf(stream, ";\n           of that %.3f us for comparing",
                result_compare_ns(result) / 1e3);
    fputc('\n', stream);
    if (result_generator_was_limit(result))
        fprintf(stream, "           generator was the limit\n");
}

void summary_print(FILE *stream, const struct plan *plan, const struct result *result)
{
    char value[GOAL_VALUE_SIZE];

    fprintf(stream, "\n%s", result->endpoint);
    if (strcmp(result->endpoint, result->address) != 0)
        fprintf(stream, " (%s)", result->address);
    fputc('\n', stream);
    print_mode(stream, plan, result);
    print_messages(stream, plan, result);
    summary_print_errors(stream, result->tally);
    print_times(stream, plan, result);
    print_generator(stream, plan, result);
    for (size_t i = 0; i < plan->require.count; i++) {
        const struct goal *goal = &plan->require.list[i];

        fprintf(stream, "goal       %s %s: %s\n", goal->text,
                goal_met(goal, result) ? "met" : "NOT MET",
                goal_format_value(goal, result, value, sizeof value));
    }
}

void summary_print_rounds(FILE *stream, const struct round *rounds, size_t count)
{
    size_t silent = 0;

    for (size_t i = 0; i < count; i++)
        silent += rounds[i].silent != 0;
    if (count < 2)
        return;
    fprintf(stream, "rounds     %zu", count);
    if (silent)
        fprintf(stream, ", %zu of them without an answer", silent);
    fputc('\n', stream);
}

/* Rates as they are; times in microseconds unless a millisecond is among them. */
static struct scaling scaling_of(size_t figure, const struct interval *interval)
{
    double most = fmax(fabs(interval->low), fabs(interval->high));

    if (figure == FIGURE_RATE)
        return (struct scaling){"/s", 1, 1};
    if (figure == FIGURE_BYTE_RATE)
        return (struct scaling){"MB/s", 1e6, 3};
    return most < 1e6 ? (struct scaling){"us", 1e3, 3} : (struct scaling){"ms", 1e6, 3};
}

void summary_print_difference(FILE *stream, const char *first, const char *second,
                              const struct difference *difference)
{
    static const char *const rows[FIGURES] = {[FIGURE_RATE] = "rate",
                                              [FIGURE_BYTE_RATE] = "bytes",
                                              [FIGURE_MEAN] = "mean",
                                              [FIGURE_P50] = "p50",
                                              [FIGURE_P99] = "p99"};

    fprintf(stream, "\ndifference %s\n   against %s, %zu round%s\n", second, first,
            difference->pairs, difference->pairs == 1 ? ": no interval (--interleave N)" : "s");
    if (difference->silent)
        fprintf(stream, "           %zu more not compared: no answer from one of the two\n",
                difference->silent);
    for (size_t i = 0; difference->pairs && i < FIGURES; i++) {
        const struct interval *interval = &difference->figures[i];
        struct scaling scaling = scaling_of(i, interval);

        if (!(interval->first > 0)) /* not measured */
            continue;
        fprintf(stream, "%-10s %+.*f %s (%+.2f %%)", rows[i], scaling.decimals,
                interval->difference / scaling.scale, scaling.unit,
                100 * interval->difference / interval->first);
        if (difference->pairs > 1)
            fprintf(stream, ", 95 %%: %+.*f to %+.*f%s", scaling.decimals,
                    interval->low / scaling.scale, scaling.decimals, interval->high / scaling.scale,
                    interval->low <= 0 && interval->high >= 0 ? ", may be none" : "");
        fputc('\n', stream);
    }
}
