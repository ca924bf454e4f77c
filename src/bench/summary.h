/* SPDX-License-Identifier: ISC */
/* The reports for people, on a stream whose failure the caller checks. */
#ifndef BENCH_SUMMARY_H
#define BENCH_SUMMARY_H

#include "bench/difference.h"
#include "bench/engine/plan.h"
#include "bench/engine/result.h"
#include "bench/environment.h"

#include <stdio.h>

/* Version, command and machine: once, above all results. */
void summary_print_head(FILE *stream, const struct environment *environment, char *const *command);

/* One result, in full. plan says how it was measured. */
void summary_print(FILE *stream, const struct plan *plan, const struct result *result);

/* The errors by word and the first difference; "none" without any. */
void summary_print_errors(FILE *stream, const struct tally *tally);

/* How many rounds there were, if more than one. */
void summary_print_rounds(FILE *stream, const struct round *rounds, size_t count);

/* How the second endpoint differs from the first. */
void summary_print_difference(FILE *stream, const char *first, const char *second,
                              const struct difference *difference);

#endif
