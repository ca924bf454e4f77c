/* SPDX-License-Identifier: ISC */
/* What a call of echo-bench does: runs over endpoints and rounds, the search for the highest rate,
 * or adding up reports; and the reports. */
#ifndef BENCH_SESSION_H
#define BENCH_SESSION_H

#include "bench/engine/plan.h"

/* Does what the plan asks for and returns the exit status. files are the operands of --merge. A
 * failure is told on standard error, in one line. */
enum exit_status session_run(const struct plan *plan, char *const *command, char *const *files,
                             size_t file_count);

#endif
