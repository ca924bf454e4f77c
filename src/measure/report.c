/* SPDX-License-Identifier: ISC */
#include "measure/report.h"

#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void report_init(struct report *report)
{
    *report = (struct report){.levels = {json_object()}, .depth = 1};
    report->failed = report->levels[0] ? 0 : ENOMEM;
}

int report_print(struct report *report, FILE *stream, const char *what, struct reason *why)
{
    int code = report->failed;

    assert(report->depth == 1);
    if (!code) {
        bool failed;

        errno = 0;
        failed = json_dumpf(report->levels[0], stream, JSON_COMPACT | JSON_REAL_PRECISION(15)) < 0;
        failed |= fputc('\n', stream) == EOF;
        failed |= fflush(stream) != 0;
        if (failed)
            code = errno ? errno : EIO;
    }
    json_decref(report->levels[0]);
    *report = (struct report){0};
    if (code)
        return reason_set(why, REASON_OTHER, code, "write %s: %s", what, strerror(code));
    return 0;
}

/* Adds a value to the open object or list, which takes it over in every case. */
static void add(struct report *report, const char *key, json_t *value)
{
    json_t *open = report->depth ? report->levels[report->depth - 1] : NULL;

    if (key ? json_object_set_new(open, key, value) < 0 : json_array_append_new(open, value) < 0)
        report->failed = ENOMEM;
}

static void enter(struct report *report, const char *key, json_t *value)
{
    assert(report->depth < REPORT_DEPTH);
    add(report, key, value);
    /* The parent holds it, or it is gone; jansson refuses to add to NULL. */
    report->levels[report->depth++] = report->failed ? NULL : value;
}

void report_object(struct report *report, const char *key)
{
    enter(report, key, json_object());
}

void report_list(struct report *report, const char *key)
{
    enter(report, key, json_array());
}

void report_end(struct report *report)
{
    assert(report->depth > 1);
    report->depth--;
}

void report_bytes(struct report *report, const char *key, const void *bytes, size_t length)
{
    json_t *value = json_stringn(bytes, length);
    char *text;

    if (!value && (text = malloc(4 * length + 1))) {
        value = json_stringn(text, text_escape(text, 4 * length + 1, bytes, length));
        free(text);
    }
    add(report, key, value);
}

void report_text(struct report *report, const char *key, const char *text)
{
    report_bytes(report, key, text, strlen(text));
}

void report_null(struct report *report, const char *key)
{
    add(report, key, json_null());
}

void report_number(struct report *report, const char *key, uint64_t value)
{
    add(report, key, json_integer((json_int_t)value));
    if (value > INT64_MAX)
        report->failed = EOVERFLOW;
}

static json_t *integer_or_null(bool known, uint64_t value)
{
    return known ? json_integer((json_int_t)value) : json_null();
}

void report_real(struct report *report, const char *key, double value)
{
    add(report, key, isfinite(value) ? json_real(value) : json_null());
}

void report_truth(struct report *report, const char *key, bool value)
{
    add(report, key, json_boolean(value));
}

void report_verdict(struct report *report, const char *key, const struct verdict *verdict)
{
    char text[VERDICT_TEXT_SIZE];

    report_object(report, key);
    report_text(report, "word", reason_name(verdict->word));
    report_number(report, "offset", verdict->offset);
    report_number(report, "total", verdict->total);
    if (verdict->word == REASON_CORRUPT) {
        report_number(report, "sent", verdict->sent[verdict->before]);
        report_number(report, "got", verdict->got[verdict->before]);
    }
    if (verdict->word == REASON_EXTRA)
        report_number(report, "extra", verdict->extra);
    if (verdict->word == REASON_STALLED)
        report_number(report, "waited_ns", verdict->waited_ns);
    report_text(report, "text", verdict_format(verdict, text, sizeof text));
    report_end(report);
}

static void add_buckets(struct report *report, const struct histogram *histogram)
{
    report_number(report, "sum_ns", histogram->sum_ns);
    report_list(report, "buckets");
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        if (histogram->buckets[i]) {
            report_list(report, NULL);
            report_number(report, NULL, histogram_lowest(i));
            report_number(report, NULL, histogram->buckets[i]);
            report_end(report);
        }
    report_end(report);
}

void report_histogram(struct report *report, const char *key, const struct histogram *histogram,
                      bool buckets)
{
    static const struct {
        const char *name;
        double percentile;
    } levels[] = {
        {"p50_ns", 50}, {"p90_ns", 90}, {"p99_ns", 99}, {"p99_9_ns", 99.9}, {"p99_99_ns", 99.99}};
    /* The shortest time of none is not 0. */
    bool any = histogram->count > 0;

    report_object(report, key);
    report_number(report, "count", histogram->count);
    add(report, "min_ns", integer_or_null(any, histogram_min(histogram)));
    report_real(report, "mean_ns", any ? histogram_mean(histogram) : NAN);
    add(report, "max_ns", integer_or_null(any, histogram_max(histogram)));
    report_real(report, "deviation_ns", any ? histogram_deviation(histogram) : NAN);
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        add(report, levels[i].name,
            integer_or_null(any, histogram_percentile(histogram, levels[i].percentile)));
    if (buckets)
        add_buckets(report, histogram);
    report_end(report);
}

void report_reason(struct report *report, const char *key, const struct reason *reason)
{
    report_object(report, key);
    report_text(report, "word", reason_name(reason->word));
    if (reason->code)
        report_number(report, "code", (uint64_t)reason->code);
    report_text(report, "text", reason->text);
    report_end(report);
}
