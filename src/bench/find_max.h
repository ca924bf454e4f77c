/* SPDX-License-Identifier: ISC */
/* The search for the highest rate that meets a goal. */
#ifndef BENCH_FIND_MAX_H
#define BENCH_FIND_MAX_H

#include "bench/load.h"
#include "bench/outputs.h"

/* Searches over the one endpoint of the plan and reports. Returns the exit status. */
enum exit_status find_max_run(const struct plan *plan, struct load *load,
                              const struct address *address, struct outputs *outputs);

#endif
