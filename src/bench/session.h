/* SPDX-License-Identifier: ISC */
/* What a call of echo-bench does: runs over endpoints and rounds, the search for the highest rate,
 * or adding up reports; and the reports. */
#ifndef BENCH_SESSION_H
#define BENCH_SESSION_H

#include "bench/load.h"
#include "bench/plan.h"
#include "bench/record.h"
#include "bench/whole_file.h"

#include <stdio.h>

#define SESSION_RECORDS_MAX 2

struct session {
    const struct plan *plan;
    struct load *load;
    struct environment environment;
    struct record records[SESSION_RECORDS_MAX]; /* standard output, the file of -o */
    size_t record_count;
    FILE *text; /* the report for people; NULL with -j */
    struct whole_file output, hdr;
    int keeps_files; /* the report goes on when the reader of standard output has ended */
    char *const *command;
};

/* Does what the plan asks for and returns the exit status. files are the operands of --merge. A
 * failure is told on standard error, in one line. */
enum exit_status session_run(const struct plan *plan, char *const *command, char *const *files,
                             size_t file_count);

/* The search of --find-max over the one endpoint of the plan; for session.c. */
enum exit_status session_find_max(struct session *session, const struct address *address);

/* Tells why something failed: "echo-bench: unix:/x: REFUSED: ...", and as a line of the JSON
 * reports. */
void session_complain(struct session *session, const char *object, const struct reason *why);

/* Prints the .hgrm table, if one is asked for, and the last words. The status, or that of writing
 * when it fails. */
enum exit_status session_finish(struct session *session, const struct result *result,
                                enum exit_status status);

#endif
