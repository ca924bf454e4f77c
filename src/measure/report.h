/* SPDX-License-Identifier: ISC */
/*
 * JSON reports: one object per line, numbers as numbers, times in _ns fields, null for what was not
 * measured. Fields keep the order in which they were added. The calls cannot fail one by one: a
 * report that ran out of memory, or was given a number that JSON readers do not hold, fails as a
 * whole when it is printed.
 */
#ifndef MEASURE_REPORT_H
#define MEASURE_REPORT_H

#include "base/reason.h"
#include "measure/histogram.h"
#include "measure/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define REPORT_DEPTH 8

struct json_t; /* jansson's */

struct report {
    struct json_t *levels[REPORT_DEPTH];
    unsigned depth;
    int failed; /* errno of what went wrong, or 0 */
};

/* Begins an object. */
void report_init(struct report *report);
/* Prints the object as one line and flushes. OTHER with errno when the stream or the memory fails;
 * what names the stream in the sentence. Releases the report in every case. */
int report_print(struct report *report, FILE *stream, const char *what,
                 struct reason *why) MUST_CHECK;

/* Fields. The key is NULL inside a list. */
void report_object(struct report *report, const char *key); /* until report_end */
void report_list(struct report *report, const char *key);   /* until report_end */
void report_end(struct report *report);
/* Text that is not UTF-8 is written with \xNN for each byte outside printable ASCII (and \\). */
void report_text(struct report *report, const char *key, const char *text);
void report_bytes(struct report *report, const char *key, const void *bytes, size_t length);
void report_null(struct report *report, const char *key);
void report_number(struct report *report, const char *key, uint64_t value); /* at most INT64_MAX */
void report_real(struct report *report, const char *key, double value);     /* null if not finite */
void report_truth(struct report *report, const char *key, bool value);

/* "verdict": {"word", "offset", "total", ... "text"} under the key. */
void report_verdict(struct report *report, const char *key, const struct verdict *verdict);
/* count, min_ns, mean_ns, max_ns, deviation_ns, p50_ns, p90_ns, p99_ns, p99_9_ns, p99_99_ns, all
 * but count null when that is 0; with buckets also what document_histogram needs to make
 * the same histogram again. */
void report_histogram(struct report *report, const char *key, const struct histogram *histogram,
                      bool buckets);
/* "error": {"word", "code" (errno, if any), "text"} under the key. */
void report_reason(struct report *report, const char *key, const struct reason *reason);

#endif
