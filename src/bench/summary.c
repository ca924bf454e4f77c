/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "bench/summary.h"

#include "base/text.h"

#include <inttypes.h>
#include <string.h>

void summary_print_head(FILE *stream, const struct environment *environment, char *const *command)
{
    char word[512];

    fprintf(stream, "echo-bench %s\ncommand   ", PACKAGE_VERSION);
    for (; *command; command++) {
        text_escape(word, sizeof word, *command, strlen(*command));
        fprintf(stream, " %s", word);
    }
    fprintf(stream, "\nmachine    %s, %ld CPUs, %s%s%s\n", environment->kernel, environment->cpus,
            environment->cpu, environment->governor[0] ? ", governor " : "", environment->governor);
}

static void print_size(FILE *stream, const struct plan *plan)
{
    if (plan->size_min == plan->size_max)
        fprintf(stream, "messages of %" PRIu64 " bytes", plan->size_min);
    else
        fprintf(stream, "messages of %" PRIu64 " to %" PRIu64 " bytes", plan->size_min,
                plan->size_max);
}

static void print_mode(FILE *stream, const struct plan *plan, const struct result *result)
{
    char warmup[32];

    fprintf(stream, "mode       ");
    if (plan->bulk)
        fprintf(stream, "bulk stream both ways");
    else if (plan->rate)
        fprintf(stream, "open loop, %" PRIu64 " messages/s offered, %s arrivals", plan->rate,
                plan_arrival_names[plan->arrival]);
    else
        fprintf(stream, "closed loop");
    fprintf(stream, "; %u connection%s", result->connected, result->connected == 1 ? "" : "s");
    if (result->idle)
        fprintf(stream, " and %u idle", result->idle);
    fprintf(stream, ", %u thread%s", result->threads, result->threads == 1 ? "" : "s");
    if (result->processes > 1)
        fprintf(stream, " in %u processes", result->processes);
    if (!plan->bulk) {
        fprintf(stream, ",\n           ");
        print_size(stream, plan);
        fprintf(stream, ", %s%u in flight on each", plan->rate ? "up to " : "", plan->in_flight);
        if (plan->churn)
            fprintf(stream, ", reconnect after %" PRIu64, plan->churn);
    }
    fprintf(stream, ",\n           %.3f s after %s of warm-up%s", (double)result->elapsed_ns / 1e9,
            plan->warmup_ns ? text_format_duration(plan->warmup_ns, warmup, sizeof warmup) : "0s",
            result->interrupted ? " (interrupted)" : "");
    if (result->processes == 1)
        fprintf(stream, ", seed %" PRIu64, plan->seed);
    fputc('\n', stream);
    if (!plan->rate && !plan->bulk)
        fprintf(stream,
                "           a closed loop stops sending while the server stalls: what clients\n"
                "           would wait then does not show below (-R RATE shows it)\n");
}

static void print_messages(FILE *stream, const struct plan *plan, const struct result *result)
{
    const struct tally *tally = result->tally;

    if (!plan->bulk)
        fprintf(stream, "messages   %" PRIu64 " echoed, %.1f/s\n", tally->messages,
                result_rate(result));
    fprintf(stream, "bytes      %" PRIu64 " sent, %" PRIu64 " back, %.3f MB/s\n", tally->bytes_sent,
            tally->bytes_received, result_byte_rate(result) / 1e6);
    if (tally->lost)
        fprintf(stream, "lost       %" PRIu64 " messages were sent and did not come back\n",
                tally->lost);
    if (tally->unsent)
        fprintf(stream,
                "unsent     %" PRIu64 " messages were due, but no connection was free for them\n",
                tally->unsent);
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
        fprintf(stream, "first      %s (connection %" PRIu64 ")\n",
                verdict_format(&tally->verdict, text, sizeof text), tally->verdict_connection);
    if (tally->no_port)
        fprintf(stream,
                "limit      this machine had no local port %" PRIu64 " times (EADDRNOTAVAIL): "
                "not the server's fault; see --source\n",
                tally->no_port);
    if (tally->no_descriptor)
        fprintf(stream, "limit      this machine had no descriptor %" PRIu64 " times (EMFILE)\n",
                tally->no_descriptor);
}

static double milliseconds(double ns)
{
    return ns / 1e6;
}

static void print_histogram(FILE *stream, const char *name, const struct histogram *histogram)
{
    static const double levels[] = {50, 90, 99, 99.9, 99.99};

    if (!histogram->count)
        return;
    fprintf(stream, "%-10s", name);
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        fprintf(stream, " %10.4f",
                milliseconds((double)histogram_percentile(histogram, levels[i])));
    fprintf(stream, " %10.4f %10.4f\n", milliseconds((double)histogram_max(histogram)),
            milliseconds(histogram_mean(histogram)));
}

static void print_times(FILE *stream, const struct plan *plan, const struct result *result)
{
    const struct tally *tally = result->tally;

    fprintf(stream, "%-10s %10s %10s %10s %10s %10s %10s %10s\n", "ms", "p50", "p90", "p99",
            "p99.9", "p99.99", "max", "mean");
    print_histogram(stream, "connect", &tally->connect);
    print_histogram(stream, "latency", &tally->latency);
    print_histogram(stream, "service", &tally->service);
    print_histogram(stream, "slip", &tally->slip);
    if (plan->rate)
        fprintf(stream, "           latency from the intended send, service from the actual one; "
                        "slip: how late\n           the generator itself was\n");
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
        fprintf(stream, ", %.3f us a message",
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
    fprintf(stream, "\n%s (%s)\n", result->endpoint, result->address);
    print_mode(stream, plan, result);
    print_messages(stream, plan, result);
    summary_print_errors(stream, result->tally);
    print_times(stream, plan, result);
    print_generator(stream, plan, result);
    for (size_t i = 0; i < plan->require.count; i++)
        fprintf(stream, "goal       %s %s\n", plan->require.list[i].text,
                goal_met(&plan->require.list[i], result) ? "met" : "NOT MET");
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

void summary_print_difference(FILE *stream, const char *first, const char *second,
                              const struct difference *difference)
{
    static const struct {
        const char *name, *unit;
        double scale;
    } rows[FIGURES] = {
        [FIGURE_RATE] = {"rate", "/s", 1},   [FIGURE_BYTE_RATE] = {"bytes", "MB/s", 1e6},
        [FIGURE_MEAN] = {"mean", "ms", 1e6}, [FIGURE_P50] = {"p50", "ms", 1e6},
        [FIGURE_P99] = {"p99", "ms", 1e6},
    };

    fprintf(stream, "\ndifference %s\n   against %s, %zu round%s\n", second, first,
            difference->pairs, difference->pairs == 1 ? ": no interval (--interleave N)" : "s");
    if (difference->silent)
        fprintf(stream, "           %zu more not compared: no answer from one of the two\n",
                difference->silent);
    for (size_t i = 0; difference->pairs && i < FIGURES; i++) {
        const struct interval *interval = &difference->figures[i];
        double scale = rows[i].scale;

        if (!(interval->first > 0)) /* not measured */
            continue;
        fprintf(stream, "%-10s %+.4g %s (%+.2f %%)", rows[i].name, interval->difference / scale,
                rows[i].unit, 100 * interval->difference / interval->first);
        if (difference->pairs > 1)
            fprintf(stream, ", 95 %% interval %+.4g to %+.4g%s", interval->low / scale,
                    interval->high / scale,
                    interval->low <= 0 && interval->high >= 0 ? ": may be none" : "");
        fputc('\n', stream);
    }
}
