/* SPDX-License-Identifier: ISC */
/* The bytes of a flow: those of the run's ring, sent in order, compared when they come back, and
 * counted if they were due in the measured time. */
#ifndef ENGINE_STREAM_H
#define ENGINE_STREAM_H

#include "bench/engine/flow.h"

#include <stdbool.h>
#include <stddef.h>

/* So many more bytes are to be sent. They count if they were due in the measured time; what was
 * sent and what came back of them is then the same set. */
static inline void stream_queue(struct flow *flow, uint64_t size, uint64_t due_ns)
{
    uint64_t start = flow->queued;

    flow->queued += size;
    flow->shard->owed += size;
    if (!shard_counts(flow->shard, due_ns))
        return;
    if (start < flow->counted_begin)
        flow->counted_begin = start;
    flow->counted_end = flow->queued;
}

/* Sends what is queued. False when the kernel does not take all, which is then waited for, or the
 * flow has failed. */
bool stream_flush(struct flow *flow);

/* Takes what came, at most RING_SPAN bytes, at progress_ns. 0 when nothing did, or the flow has
 * failed: by the peer's end, by bytes that differ or by more than were sent. */
size_t stream_receive(struct flow *flow);

#endif
