/* SPDX-License-Identifier: ISC */
/* Where the reports go: text or JSON to standard output, and the files of --output and --hdr. */
#ifndef BENCH_OUTPUTS_H
#define BENCH_OUTPUTS_H

#include "bench/engine/plan.h"
#include "bench/record.h"
#include "bench/whole_file.h"

#include <stdbool.h>
#include <stdio.h>

#define OUTPUTS_RECORDS_MAX 2

struct outputs {
    const struct plan *plan;
    struct environment environment;
    struct record records[OUTPUTS_RECORDS_MAX]; /* standard output, the file of -o */
    size_t record_count;
    FILE *text; /* the report for people; NULL with -j */
    struct whole_file output, hdr;
    bool keeps_files; /* the report goes on when the reader of standard output has ended */
    char *const *command;
};

/* Opens what the plan asks for. On failure too, and before it, errors can be told and the outputs
 * closed: plan, environment and command are set. */
int outputs_open(struct outputs *outputs, struct reason *why) MUST_CHECK;

/* Tells why something failed: "echo-bench: unix:/x: REFUSED: ...", and as a line of the JSON
 * reports. */
void outputs_complain(struct outputs *outputs, const char *object, const struct reason *why);

/* The machine and the command line, for people. */
void outputs_print_head(struct outputs *outputs);

/* Prints the .hgrm table, if one is asked for, and the last words. The status, or that of writing
 * when it fails. */
enum exit_status outputs_finish(struct outputs *outputs, const struct result *result,
                                enum exit_status status);

/* Writes the files. The status, or that of writing when it fails. */
enum exit_status outputs_close(struct outputs *outputs, enum exit_status status);

#endif
