/* SPDX-License-Identifier: ISC */
#include "client/ping_report.h"

#include "base/clock.h"
#include "client/output.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void ping_report_init(struct ping_report *report, const struct request *request)
{
    /* No compound literal: without optimisation that is half a megabyte of stack. */
    memset(report, 0, sizeof *report);
    report->request = request;
    report->start_ns = clock_now_ns();
    histogram_init(&report->rtt);
    histogram_init(&report->connect);
}

static double ms(uint64_t ns)
{
    return (double)ns / 1e6;
}

static struct timespec time_of_day(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now;
}

static void begin_line(const struct ping_report *report)
{
    struct timespec now;

    if (!report->request->timestamps)
        return;
    now = time_of_day();
    output_text("[%lld.%06ld] ", (long long)now.tv_sec, now.tv_nsec / 1000);
}

/* Standard output is written line by line, so that a reader sees each answer when it comes. */
static void end_line(struct ping_report *report)
{
    struct reason why;

    if (output_line(&why) < 0 && !report->failed)
        report->failed = why.code;
}

static void begin_object(const struct ping_report *report, struct report *object, const char *type)
{
    struct timespec now;

    output_begin(object, type);
    if (!report->request->timestamps)
        return;
    now = time_of_day();
    report_number(object, "time_of_day_ns",
                  (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec);
}

static void end_object(struct ping_report *report, struct report *object)
{
    struct reason why;

    if (output_print(object, &why) < 0 && !report->failed)
        report->failed = why.code ? why.code : EIO;
}

void ping_report_start(struct ping_report *report)
{
    if (report->request->json)
        return;
    output_text("ECHO %s %" PRIu64 " bytes\n", report->request->name, report->request->size);
    end_line(report);
}

static void echo_object(struct ping_report *report, uint64_t seq, uint64_t time_ns,
                        uint64_t connect_ns, bool late)
{
    struct report object;

    begin_object(report, &object, "echo");
    report_number(&object, "seq", seq);
    report_number(&object, "length", report->request->size);
    report_number(&object, "time_ns", time_ns);
    if (report->request->reconnect)
        report_number(&object, "connect_ns", connect_ns);
    report_truth(&object, "overdue", late);
    end_object(report, &object);
}

void ping_report_echo(struct ping_report *report, uint64_t seq, uint64_t time_ns,
                      uint64_t connect_ns, bool late)
{
    if (late)
        report->counts.late++;
    else
        report->counts.echoed++;
    if (!late)
        histogram_record(&report->rtt, time_ns);
    if (report->request->quiet)
        return;
    if (report->request->json) {
        echo_object(report, seq, time_ns, connect_ns, late);
        return;
    }
    begin_line(report);
    output_text("%" PRIu64 " bytes from %s: seq=%" PRIu64, report->request->size,
                report->request->name, seq);
    if (report->request->reconnect)
        output_text(" connect=%.4f", ms(connect_ns));
    output_text(" time=%.4f ms%s\n", ms(time_ns), late ? " (late)" : "");
    end_line(report);
}

void ping_report_outstanding(struct ping_report *report, uint64_t seq)
{
    struct report object;

    if (!report->request->outstanding)
        return;
    if (report->request->json) {
        begin_object(report, &object, "outstanding");
        report_number(&object, "seq", seq);
        end_object(report, &object);
        return;
    }
    begin_line(report);
    output_text("no answer yet for seq=%" PRIu64 "\n", seq);
    end_line(report);
}

static void report_problem(struct ping_report *report, const char *type, uint64_t seq,
                           const struct reason *why)
{
    struct report object;

    if (report->request->json) {
        begin_object(report, &object, type);
        if (seq)
            report_number(&object, "seq", seq);
        report_reason(&object, "error", why);
        end_object(report, &object);
        return;
    }
    begin_line(report);
    output_text("from %s: ", report->request->name);
    if (seq)
        output_text("seq=%" PRIu64 " ", seq);
    output_text("%s: %s\n", reason_name(why->word), why->text);
    end_line(report);
}

void ping_report_failure(struct ping_report *report, uint64_t seq, const struct reason *why)
{
    report_problem(report, "failure", seq, why);
}

void ping_report_broken(struct ping_report *report, const struct reason *why)
{
    report->counts.broken++;
    report_problem(report, "broken", 0, why);
}

uint64_t ping_report_lost(const struct ping_report *report)
{
    const struct ping_counts *counts = &report->counts;

    return counts->sent - counts->echoed - counts->late - counts->corrupt - counts->waiting;
}

static void statistics_object(struct ping_report *report, uint64_t duration_ns)
{
    const struct ping_counts *counts = &report->counts;
    struct report object;

    begin_object(report, &object, "statistics");
    report_text(&object, "endpoint", report->request->name);
    report_number(&object, "sent", counts->sent);
    report_number(&object, "echoed", counts->echoed);
    report_number(&object, "lost", ping_report_lost(report));
    report_number(&object, "corrupt", counts->corrupt);
    report_number(&object, "late", counts->late);
    report_number(&object, "waiting", counts->waiting);
    report_number(&object, "broken", counts->broken);
    report_number(&object, "extra", counts->extra);
    report_number(&object, "duration_ns", duration_ns);
    report_histogram(&object, "connect", &report->connect, false);
    report_histogram(&object, "rtt", &report->rtt, false);
    end_object(report, &object);
}

static void print_times(const char *name, const struct histogram *times)
{
    output_text("%s min/avg/max/mdev = %.4f/%.4f/%.4f/%.4f ms\n", name, ms(histogram_min(times)),
                histogram_mean(times) / 1e6, ms(histogram_max(times)),
                histogram_deviation(times) / 1e6);
}

static void print_connects(const struct histogram *connect)
{
    if (connect->count == 1)
        output_text("connect %.3f ms\n", ms(histogram_max(connect)));
    else if (connect->count > 1)
        print_times("connect", connect);
}

void ping_report_statistics(struct ping_report *report)
{
    const struct ping_counts *counts = &report->counts;
    uint64_t duration_ns = clock_now_ns() - report->start_ns;

    if (report->request->json) {
        statistics_object(report, duration_ns);
        return;
    }
    /* The terminal has shown ^C or ^\ in the middle of a line. */
    if (report->signalled && isatty(STDOUT_FILENO))
        output_text("\n");
    output_text("--- %s echo statistics ---\n", report->request->name);
    output_text("%" PRIu64 " sent, %" PRIu64 " echoed, %" PRIu64 " lost, %" PRIu64
                " corrupt, %" PRIu64 " late, %" PRIu64 " broken",
                counts->sent, counts->echoed, ping_report_lost(report), counts->corrupt,
                counts->late, counts->broken);
    if (counts->waiting)
        output_text(", %" PRIu64 " awaited", counts->waiting);
    if (counts->extra)
        output_text(", %" PRIu64 " extra bytes", counts->extra);
    output_text(", time %" PRIu64 " ms\n", duration_ns / NS_PER_MS);
    print_connects(&report->connect);
    if (report->rtt.count) {
        print_times("rtt", &report->rtt);
        output_text(
            "rtt p50/p90/p99 = %.4f/%.4f/%.4f ms\n", ms(histogram_percentile(&report->rtt, 50)),
            ms(histogram_percentile(&report->rtt, 90)), ms(histogram_percentile(&report->rtt, 99)));
    }
    end_line(report);
}
