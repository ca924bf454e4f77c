/* SPDX-License-Identifier: ISC */
/* The reports for programs: JSON, one object per line. */
#ifndef BENCH_RECORD_H
#define BENCH_RECORD_H

#include "bench/difference.h"
#include "bench/engine/plan.h"
#include "bench/engine/result.h"
#include "bench/environment.h"
#include "measure/report.h"

#include <stdbool.h>
#include <stdio.h>

/* Where the lines go. */
struct record {
    FILE *stream;
    const char *name; /* of the stream, for sentences */
    bool may_break;   /* EPIPE is no failure: the reader may have ended */
    const struct environment *environment;
    char *const *command;
};

/* "connect_errors", "errors", "local_limits" and, if there was one, "first_difference". */
void record_add_errors(struct report *report, const struct tally *tally);

/* "type":"result": everything, with the histograms' buckets and what is needed to repeat the run.
 * rounds holds the figures of round_count rounds, NULL when there was one. */
int record_result(const struct record *record, const struct plan *plan, const struct result *result,
                  const struct round *rounds, size_t round_count, struct reason *why) MUST_CHECK;

/* "type":"difference" */
int record_difference(const struct record *record, const char *first, const char *second,
                      const struct difference *difference, struct reason *why) MUST_CHECK;

/* "type":"attempt": one step of --find-max. */
int record_attempt(const struct record *record, const struct plan *plan,
                   const struct result *result, bool met, bool generator_was_limit,
                   struct reason *why) MUST_CHECK;

/* "type":"maximum": the end of --find-max; rate 0 means that no rate met the goal. failures are the
 * errors of all attempts. */
int record_maximum(const struct record *record, const char *goal, uint64_t rate,
                   bool generator_was_limit, bool interrupted, const struct tally *failures,
                   struct reason *why) MUST_CHECK;

/* "type":"error": the run did not take place. */
int record_error(const struct record *record, const char *endpoint, const struct reason *error,
                 struct reason *why) MUST_CHECK;

#endif
