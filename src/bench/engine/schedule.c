/* SPDX-License-Identifier: ISC */
#include "bench/engine/schedule.h"

#include "bench/engine/workload.h"

void schedule_add(struct flow *flow)
{
    struct shard *shard = flow->shard;

    if (flow->listed)
        return;
    flow->listed = true;
    flow->next_free = NULL;
    if (shard->free_first)
        shard->free_last->next_free = flow;
    else
        shard->free_first = flow;
    shard->free_last = flow;
}

/* A flow that failed stays in the list; it is passed over here. */
static struct flow *first_free(struct shard *shard)
{
    struct flow *flow;

    while ((flow = shard->free_first)) {
        if (flow_has_room(flow))
            return flow;
        shard->free_first = flow->next_free;
        flow->listed = false;
    }
    return NULL;
}

uint64_t schedule_next(struct shard *shard)
{
    return first_free(shard) ? pacer_next(&shard->pacer) : UINT64_MAX;
}

void schedule_send(struct shard *shard)
{
    struct flow *flow;
    uint64_t due_ns;

    while ((due_ns = pacer_next(&shard->pacer)) <= shard->now_ns && (flow = first_free(shard)) &&
           shard_take(shard, due_ns)) {
        shard->free_first = flow->next_free;
        flow->listed = false;
        pacer_advance(&shard->pacer);
        shard->plan->workload->offer(flow, due_ns);
        if (flow_has_room(flow))
            schedule_add(flow);
    }
}
