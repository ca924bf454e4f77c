/* SPDX-License-Identifier: ISC */
/* Messages of a known size, each timed until it is back: in a closed loop so many in flight, in an
 * open loop at the times of a schedule. */
#include "bench/engine/workload.h"

#include "base/clock.h"
#include "base/owner.h"
#include "bench/engine/schedule.h"
#include "bench/engine/shard.h"
#include "bench/engine/stream.h"

/* One more message at the end of the stream; send_queued sends it. */
static void queue(struct flow *flow, uint64_t due_ns, uint64_t now_ns)
{
    unsigned in_flight = flow->shard->plan->in_flight;
    unsigned last = flow->first + flow->count;
    uint64_t size = shard_size(flow->shard);

    if (!flow->count)
        flow->progress_ns = now_ns;
    stream_queue(flow, size, due_ns);
    flow->messages[last < in_flight ? last : last - in_flight] =
        (struct flow_message){.end = flow->queued, .due_ns = due_ns, .sent_ns = now_ns};
    flow->count++;
    flow->taken++;
}

static void send_queued(struct flow *flow)
{
    if (stream_flush(flow))
        flow_watch(flow, LOOP_READ);
}

/* Closed loop: sends until as much is in flight as is asked for. */
static void refill(struct flow *flow, uint64_t now_ns)
{
    while (flow_has_room(flow) && shard_take(flow->shard, now_ns))
        queue(flow, now_ns, now_ns);
    if (flow->sent < flow->queued)
        send_queued(flow);
}

static void offer(struct flow *flow, uint64_t due_ns)
{
    uint64_t now_ns = clock_now_ns();
    uint64_t possible_ns = due_ns > flow->free_ns ? due_ns : flow->free_ns;

    if (shard_counts(flow->shard, due_ns) && now_ns >= possible_ns)
        histogram_record(&flow->shard->tally->slip, now_ns - possible_ns);
    queue(flow, due_ns, now_ns);
    send_queued(flow);
}

/* A message is back, whole and equal. */
static void complete(struct flow *flow, uint64_t now_ns)
{
    const struct shard *shard = flow->shard;
    const struct plan *plan = shard->plan;
    struct tally *tally = shard->tally;
    const struct flow_message *message = &flow->messages[flow->first];
    bool due_counts = shard_counts(shard, message->due_ns);

    if (due_counts) {
        tally->messages++;
        histogram_record(&tally->latency, now_ns - message->due_ns);
        if (plan->rate)
            histogram_record(&tally->service, now_ns - message->sent_ns);
    }
    /* Of an open loop no more may be back than was offered. */
    if (shard_counts(shard, now_ns))
        (*(due_counts || !plan->rate ? &tally->in_time : &tally->carried))++;
    if (flow->count-- == plan->in_flight)
        flow->free_ns = now_ns;
    flow->first = flow->first + 1 == plan->in_flight ? 0 : flow->first + 1;
    flow->failures = 0;
}

/* After an echo: the next message, or the next connection. */
static void go_on(struct flow *flow, uint64_t now_ns)
{
    const struct plan *plan = flow->shard->plan;

    if (plan->churn && flow->taken >= plan->churn && !flow->count) {
        /* The last connection stays open for flow_end to see how it ends. */
        if (now_ns >= flow->shard->end_ns || !flow->shard->left)
            return;
        flow_close(flow);
        flow->begun_ns = 0;
        flow_open(flow);
        return;
    }
    if (!plan->rate)
        refill(flow, now_ns);
    else if (flow_has_room(flow))
        schedule_add(flow);
}

static void begin(struct flow *flow)
{
    go_on(flow, clock_now_ns());
}

static void messages_ready(struct loop_source *source, unsigned events)
{
    struct flow *flow = OWNER(source, struct flow, source);

    if (events & LOOP_READ && stream_receive(flow)) {
        uint64_t now_ns = flow->progress_ns;

        while (flow->count && flow->messages[flow->first].end <= flow->received)
            complete(flow, now_ns);
        go_on(flow, now_ns);
    }
    if (flow->state == FLOW_OPEN && (events & LOOP_WRITE))
        send_queued(flow);
}

/* A peer that answers one byte a second makes progress, but the message is late. */
static uint64_t waiting_since(const struct flow *flow)
{
    return flow->messages[flow->first].sent_ns;
}

const struct workload workload_messages = {
    .name = "messages",
    .has_messages = true,
    .overdue = REASON_TIMEOUT,
    .begin = begin,
    .ready = messages_ready,
    .waiting_since = waiting_since,
    .offer = offer,
};
