/* SPDX-License-Identifier: ISC */
/* The open loop of a shard: which message is due, and which flow can take it. */
#ifndef ENGINE_SCHEDULE_H
#define ENGINE_SCHEDULE_H

#include "bench/engine/flow.h"

#include <stdint.h>

/* This flow has room for a message. */
void schedule_add(struct flow *flow);

/* When the next message can be sent; UINT64_MAX while no flow can take it. */
uint64_t schedule_next(struct shard *shard);

/* Sends what is due while there is a flow that can take it. */
void schedule_send(struct shard *shard);

#endif
