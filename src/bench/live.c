/* SPDX-License-Identifier: ISC */
#include "bench/live.h"

#include "base/clock.h"
#include "base/standard_output.h"
#include "bench/engine/units.h"
#include "bench/engine/workload.h"
#include "bench/record.h"

#include <math.h>
#include <stdio.h>

#define PROGRESS_NS (NS_PER_S / 4)

static uint64_t period_ns(const struct live *live)
{
    return live->plan->interval_ns ? live->plan->interval_ns : PROGRESS_NS;
}

void live_init(struct live *live, const struct plan *plan, uint64_t begin_ns)
{
    *live = (struct live){.plan = plan, .begin_ns = begin_ns, .last_ns = begin_ns};
    progress_init(&live->progress, stderr, begin_ns);
    live->next_ns = begin_ns + period_ns(live);
}

bool live_wanted(const struct live *live)
{
    return live->plan->interval_ns || live->progress.stream;
}

uint64_t live_next(const struct live *live)
{
    return live->next_ns;
}

/* "p99 1.234 ms", or "p99 -" when too few messages say nothing about it. */
static size_t print_percentile(char *text, size_t size, const char *name,
                               const struct histogram *latency, double percentile)
{
    double ns = (double)histogram_percentile(latency, percentile);
    char time[32];

    if (!histogram_has_percentile(latency, percentile))
        return (size_t)snprintf(text, size, "  %s -", name);
    return (size_t)snprintf(text, size, "  %s %s", name, units_format_time(ns, time, sizeof time));
}

static void show_json(const struct live *live, const struct tally *tally, uint64_t now_ns,
                      double rate)
{
    struct report report;
    struct reason why;

    report_init(&report);
    report_text(&report, "type", "interval");
    report_number(&report, "begin_ns", live->last_ns - live->begin_ns);
    report_number(&report, "end_ns", now_ns - live->begin_ns);
    report_number(&report, "bytes_received", tally->bytes_received);
    report_real(&report, "rate", rate); /* null for no time at all */
    record_add_errors(&report, tally);
    report_histogram(&report, "latency", &tally->latency, false);
    /* The report at the end fails too, and says why. */
    if (report_print(&report, standard_output(), "standard output", &why) < 0)
        return;
}

static void format_line(const struct live *live, const struct tally *tally, uint64_t now_ns,
                        char *line, size_t size)
{
    double seconds = (double)(now_ns - live->last_ns) / 1e9;
    size_t used = (size_t)snprintf(line, size, "%.1f s", (double)(now_ns - live->begin_ns) / 1e9);

    if (now_ns == live->last_ns)
        used += (size_t)snprintf(line + used, size - used, "  -/s");
    else if (!live->plan->workload->has_messages)
        used += (size_t)snprintf(line + used, size - used, "  %.1f MB/s",
                                 (double)tally->bytes_in_time / seconds / 1e6);
    else
        used += (size_t)snprintf(line + used, size - used, "  %.0f/s",
                                 (double)tally->in_time / seconds);
    if (live->plan->workload->has_messages) {
        used += print_percentile(line + used, size - used, "p50", &tally->latency, 50);
        used += print_percentile(line + used, size - used, "p99", &tally->latency, 99);
        used += print_percentile(line + used, size - used, "max", &tally->latency, 100);
    }
    snprintf(line + used, size - used, "  errors %ju", (uintmax_t)tally_errors(tally));
}

void live_show(struct live *live, const struct tally *tally, uint64_t now_ns)
{
    double seconds = (double)(now_ns - live->last_ns) / 1e9;
    double rate = now_ns > live->last_ns ? (double)tally->in_time / seconds : NAN;
    char line[160];

    format_line(live, tally, now_ns, line, sizeof line);
    if (live->plan->interval_ns) {
        progress_clear(&live->progress);
        if (live->plan->json)
            show_json(live, tally, now_ns, rate);
        else
            fprintf(standard_output(), "%s\n", line);
        fflush(standard_output());
    } else if (progress_due(&live->progress, now_ns)) {
        progress_show(&live->progress, now_ns, "%s", line);
    }
    live->last_ns = now_ns;
    while (live->next_ns <= now_ns)
        live->next_ns += period_ns(live);
}

void live_end(struct live *live, const struct tally *tally, uint64_t end_ns)
{
    bool left = tally->latency.count || tally->bytes_received || tally_errors(tally);

    if (end_ns < live->last_ns)
        end_ns = live->last_ns;
    if (live->plan->interval_ns && (end_ns > live->last_ns || left))
        live_show(live, tally, end_ns);
    progress_clear(&live->progress);
}
