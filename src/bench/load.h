/* SPDX-License-Identifier: ISC */
/* One run: connects to an endpoint, loads it as planned, and says what came of it. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "bench/engine/plan.h"
#include "bench/engine/result.h"
#include "bench/engine/ring.h"
#include "transport/address.h"

/* What outlives a run. */
struct load {
    struct ring ring;
    uint64_t runs;          /* so far: each has other bytes */
    int signal_fd;          /* signalfd of INT and TERM, unless they are ignored */
    unsigned interruptions; /* so far; no further run should begin once there was one */
};

/* Allocates. Until then INT and TERM end the process: there is nothing to report. They are
 * blocked from here on, in all threads to come, but for those that the parent process ignores. */
struct load *load_create(struct reason *why);
void load_destroy(struct load *load);

/* The first address of the endpoint that takes a connection. Blocks: for the name service, and up
 * to the plan's timeout for each address. */
int load_find_address(const struct plan *plan, const struct endpoint *endpoint,
                      struct address *address, struct reason *why) MUST_CHECK;

/* Runs the plan once. result->tally must be an empty tally. Failures of the server are counted in
 * it and are no failure of this call; those of this machine (threads, memory, descriptors) are. */
int load_run(struct load *load, const struct plan *plan, const struct endpoint *endpoint,
             const struct address *address, struct result *result, struct reason *why) MUST_CHECK;

#endif
