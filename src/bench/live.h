/* SPDX-License-Identifier: ISC */
/* What is shown while a run goes on: the progress line of a terminal, the lines of --interval. */
#ifndef BENCH_LIVE_H
#define BENCH_LIVE_H

#include "bench/engine/plan.h"
#include "bench/engine/tally.h"
#include "measure/progress.h"

#include <stdbool.h>
#include <stdint.h>

struct live {
    const struct plan *plan;
    struct progress progress; /* on standard error */
    uint64_t begin_ns, next_ns, last_ns;
};

/* A run begins, whose measured time begins at begin_ns. */
void live_init(struct live *live, const struct plan *plan, uint64_t begin_ns);
/* Whether anything will ever be shown: else no tallies need to be collected. */
bool live_wanted(const struct live *live);
/* When the next figures are due. */
uint64_t live_next(const struct live *live);
/* Shows what the workers counted since the last call, up to now_ns. */
void live_show(struct live *live, const struct tally *tally, uint64_t now_ns);
/* Shows the last line of --interval, of what they counted up to the end of the measured time and of
 * what came back after it; clears the progress line. */
void live_end(struct live *live, const struct tally *tally, uint64_t end_ns);

#endif
