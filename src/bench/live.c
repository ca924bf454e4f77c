/* SPDX-License-Identifier: ISC */
#include "bench/live.h"

#include "base/clock.h"
#include "measure/report.h"

#include <stdio.h>

#define PROGRESS_NS (NS_PER_S / 4)

static uint64_t period_ns(const struct live *live)
{
    return live->plan->interval_ns ? live->plan->interval_ns : PROGRESS_NS;
}

void live_init(struct live *live, const struct plan *plan, uint64_t now_ns)
{
    *live = (struct live){.plan = plan, .begin_ns = now_ns, .last_ns = now_ns};
    progress_init(&live->progress, stderr, now_ns);
    live->next_ns = now_ns + period_ns(live);
}

int live_wanted(const struct live *live)
{
    return live->plan->interval_ns || live->progress.stream;
}

uint64_t live_next(const struct live *live)
{
    return live->next_ns;
}

static double milliseconds(uint64_t ns)
{
    return (double)ns / 1e6;
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
    report_real(&report, "rate", rate);
    report_number(&report, "errors", tally_errors(tally));
    report_histogram(&report, "latency", &tally->latency, 0);
    /* A line that is lost in between does no harm; the report at the end is checked. */
    if (report_print(&report, stdout, "standard output", &why) < 0)
        return;
}

void live_show(struct live *live, const struct tally *tally, uint64_t now_ns)
{
    double seconds = (double)(now_ns - live->last_ns) / 1e9;
    double rate = (double)tally->in_time / seconds;
    double megabytes = (double)tally->bytes_received / seconds / 1e6;
    uint64_t p99 = histogram_percentile(&tally->latency, 99);
    char line[128];

    if (live->plan->bulk)
        snprintf(line, sizeof line, "%.1f s  %.1f MB/s  errors %ju",
                 (double)(now_ns - live->begin_ns) / 1e9, megabytes,
                 (uintmax_t)tally_errors(tally));
    else
        snprintf(line, sizeof line,
                 "%.1f s  %.0f/s  p50 %.3f ms  p99 %.3f ms  max %.3f ms  errors %ju",
                 (double)(now_ns - live->begin_ns) / 1e9, rate,
                 milliseconds(histogram_percentile(&tally->latency, 50)), milliseconds(p99),
                 milliseconds(histogram_max(&tally->latency)), (uintmax_t)tally_errors(tally));
    if (live->plan->interval_ns) {
        progress_clear(&live->progress);
        if (live->plan->json)
            show_json(live, tally, now_ns, rate);
        else
            printf("%s\n", line);
        fflush(stdout);
    } else if (progress_due(&live->progress, now_ns)) {
        progress_show(&live->progress, now_ns, "%s", line);
    }
    live->last_ns = now_ns;
    while (live->next_ns <= now_ns)
        live->next_ns += period_ns(live);
}

void live_end(struct live *live)
{
    progress_clear(&live->progress);
}
