/* SPDX-License-Identifier: ISC */
/* One stream without an end on each connection, as fast as it goes both ways. */
#include "bench/engine/workload.h"

#include "base/owner.h"
#include "bench/engine/shard.h"
#include "bench/engine/stream.h"

#define BULK_SPANS 4 /* so many spans each way for one event */

static const char *check(const struct plan *plan)
{
    const struct {
        bool both;
        const char *sentence;
    } rows[] = {
        {plan->rate, "--bulk sends as fast as it can: it takes no -R"},
        {plan->churn, "--bulk is one stream: it takes no --churn"},
        {plan->find_max.count, "--bulk has no rate that --find-max could look for"},
        {plan->in_flight > 1, "--bulk is one stream: it takes no -P"},
        {plan_has(plan, 's') && !plan->messages,
         "--bulk has no messages: -s applies to it only with -n"},
        {plan->hdr, "--bulk has no latencies that --hdr could write"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].both)
            return rows[i].sentence;
    return NULL;
}

/* The endless stream, a few spans for each time that the socket is writable. A Unix socket says
 * that only when three quarters of its queue are empty: who sends one span then keeps one on its
 * way, and both sides sleep and wake for each. */
static void send_spans(struct flow *flow)
{
    struct shard *shard = flow->shard;
    uint64_t now_ns = shard->now_ns;

    for (int span = 0; span < BULK_SPANS; span++) {
        if (flow->sent == flow->queued) {
            if (!shard_take(shard, now_ns)) {
                flow_watch(flow, LOOP_READ);
                return;
            }
            if (!flow_owed(flow))
                flow->progress_ns = now_ns;
            stream_queue(flow, shard->plan->messages ? shard_size(shard) : RING_SPAN, now_ns);
        }
        if (!stream_flush(flow))
            return;
    }
    flow_watch(flow, LOOP_READ | LOOP_WRITE);
}

static void begin(struct flow *flow)
{
    flow_watch(flow, LOOP_READ | LOOP_WRITE);
}

static void bulk_ready(struct loop_source *source, unsigned events)
{
    struct flow *flow = OWNER(source, struct flow, source);

    for (int span = 0; events & LOOP_READ && span < BULK_SPANS; span++)
        if (stream_receive(flow) < RING_SPAN)
            break; /* else more may be there */
    if (flow->state == FLOW_OPEN && (events & LOOP_WRITE))
        send_spans(flow);
}

static uint64_t waiting_since(const struct flow *flow)
{
    return flow->progress_ns;
}

const struct workload workload_bulk = {
    .name = "bulk",
    .option = PLAN_OPTION_BULK,
    .title = "bulk stream both ways",
    .overdue = REASON_STALLED,
    .check = check,
    .begin = begin,
    .ready = bulk_ready,
    .waiting_since = waiting_since,
};
