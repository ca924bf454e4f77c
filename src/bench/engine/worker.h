/* SPDX-License-Identifier: ISC */
/* One thread of the load: connects its shard's flows, drives them through the run and ends them. */
#ifndef ENGINE_WORKER_H
#define ENGINE_WORKER_H

#include "bench/engine/shard.h"

/* Makes a worker with its share of the connections and starts its thread. On failure nothing is
 * left. */
int worker_start(struct shard *shard, struct run *run, unsigned index,
                 struct reason *why) MUST_CHECK;
/* Waits for the end of the thread and frees everything but the tally, which is the caller's. */
void worker_join(struct shard *shard);

#endif
