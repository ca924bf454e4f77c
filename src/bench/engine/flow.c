/* SPDX-License-Identifier: ISC */
#include "bench/engine/flow.h"

#include "base/clock.h"
#include "base/owner.h"
#include "bench/engine/shard.h"
#include "bench/engine/workload.h"
#include "transport/io.h"
#include "transport/transport.h"

#include <assert.h>
#include <errno.h>

/* The pause before a connection is tried again doubles up to these: a full backlog empties in
 * milliseconds, a server that refuses or resets needs longer. */
#define BACKLOG_PAUSE_NS (16 * NS_PER_MS)
#define FAILURE_PAUSE_NS NS_PER_S

/* Not part of the way of every message. */
#define APART            __attribute__((noinline, cold))

void flow_init(struct flow *flow, struct shard *shard, unsigned number, bool idle,
               struct flow_message *messages)
{
    *flow = (struct flow){
        .source = {.fd = -1},
        .shard = shard,
        .number = number,
        .idle = idle,
        .messages = messages,
        .counted_begin = UINT64_MAX,
    };
}

static void add_retry(struct flow *flow)
{
    struct shard *shard = flow->shard;

    if (!shard->retry || flow->retry_ns < shard->retry_ns)
        shard->retry_ns = flow->retry_ns;
    flow->next_retry = shard->retry;
    shard->retry = flow;
}

/* Drops the connection; what it owes is no longer waited for. */
static void APART drop(struct flow *flow)
{
    struct shard *shard = flow->shard;

    for (; flow->count; flow->count--) {
        uint64_t due_ns = flow->messages[flow->first].due_ns;

        if (shard_counts(shard, due_ns))
            shard->tally->lost++;
        flow->first = flow->first + 1 == shard->plan->in_flight ? 0 : flow->first + 1;
    }
    if (flow->state == FLOW_CONNECTING)
        shard->connecting--;
    if (flow->state == FLOW_OPEN)
        (*(flow->idle ? &shard->open_idle : &shard->open))--;
    if (flow->state == FLOW_ENDING)
        shard->ending--;
    shard->owed -= flow_owed(flow);
    flow->queued = flow->sent = flow->received = 0;
    flow->counted_begin = UINT64_MAX;
    flow->counted_end = 0;
    loop_forget(&shard->loop, &flow->source);
    io_close(&flow->source.fd);
    flow->state = FLOW_DOWN;
}

static void retry_later(struct flow *flow, uint64_t most_ns)
{
    uint64_t pause_ns = NS_PER_MS << (flow->failures < 10 ? flow->failures : 10);

    flow->retry_ns = clock_now_ns() + (pause_ns < most_ns ? pause_ns : most_ns);
    flow->failures++;
    add_retry(flow);
}

static void settle(struct flow *flow)
{
    if (!flow->settled)
        flow->shard->settled++;
    flow->settled = true;
}

void APART flow_fail(struct flow *flow, enum reason_word word, int code)
{
    struct tally *tally = flow->shard->tally;

    if (code == EADDRNOTAVAIL)
        tally->no_port++;
    else if (word == REASON_NOFILE)
        tally->no_descriptor++;
    else
        (flow->state == FLOW_OPEN ? tally->errors : tally->connect_errors)[word]++;
    drop(flow);
    settle(flow);
    flow->begun_ns = 0;
    retry_later(flow, FAILURE_PAUSE_NS);
}

void flow_rewatch(struct flow *flow, unsigned interests)
{
    int status = loop_watch(&flow->shard->loop, &flow->source, interests);

    if (status < 0)
        flow_fail(flow, REASON_OTHER, -status);
}

void flow_note_difference(struct flow *flow, struct verdict verdict)
{
    struct tally *tally = flow->shard->tally;

    if (tally->verdict.word != REASON_NONE)
        return;
    verdict.offset = flow->received;
    verdict.total = flow->sent;
    tally->verdict = verdict;
    tally->verdict_connection = flow->stream;
}

/* After the half-close nothing but the end may come. */
static void ending_ready(struct loop_source *source, unsigned events)
{
    struct flow *flow = OWNER(source, struct flow, source);
    ssize_t count = io_receive(flow->source.fd, flow->shard->buffer, RING_SPAN);

    (void)events;
    if (count == -EAGAIN)
        return;
    if (count > 0) {
        struct verdict verdict = {.word = REASON_EXTRA, .extra = (uint64_t)count};

        flow_note_difference(flow, verdict);
        flow->shard->tally->errors[REASON_EXTRA]++;
    }
    drop(flow);
}

static void opened(struct flow *flow)
{
    struct shard *shard = flow->shard;
    uint64_t now_ns = clock_now_ns();

    if (flow->state == FLOW_CONNECTING)
        shard->connecting--;
    flow->state = FLOW_OPEN;
    flow->source.ready = shard->plan->workload->ready;
    (*(flow->idle ? &shard->open_idle : &shard->open))++;
    shard->tally->connects++;
    shard->tally->fallbacks +=
        transport_protocol(flow->source.fd, shard->run->address) != shard->run->address->protocol;
    histogram_record(&shard->tally->connect, now_ns - flow->begun_ns);
    flow->stream = shard->next_stream;
    shard->next_stream += shard->plan->threads;
    flow->send_position = flow->receive_position = ring_start(flow->stream);
    flow->first = flow->count = 0;
    flow->taken = 0;
    flow->free_ns = flow->progress_ns = now_ns;
    settle(flow);
    flow_watch(flow, LOOP_READ);
    if (flow->state == FLOW_OPEN && shard->going)
        flow_begin(flow);
}

/* Since when the peer has had time for what is outstanding; 0: nothing is. */
static uint64_t waiting_since(const struct flow *flow)
{
    uint64_t since_ns = flow->begun_ns; /* DOWN with a begin: the backlog is full */

    if (flow->state == FLOW_ENDING || (flow->state == FLOW_OPEN && !flow_owed(flow)))
        return 0;
    if (flow->state == FLOW_OPEN)
        since_ns = flow->shard->plan->workload->waiting_since(flow);
    return since_ns && since_ns < flow->excused_ns ? flow->excused_ns : since_ns;
}

static bool is_overdue(const struct flow *flow, uint64_t now_ns)
{
    uint64_t since_ns = waiting_since(flow);

    return since_ns && now_ns > since_ns && now_ns - since_ns >= flow->shard->plan->timeout_ns;
}

static void connecting_ready(struct loop_source *source, unsigned events)
{
    struct flow *flow = OWNER(source, struct flow, source);
    struct reason why;

    (void)events;
    if (transport_connect_result(flow->source.fd, flow->shard->run->address, &why) < 0)
        flow_fail(flow, why.word, why.code);
    else
        opened(flow);
}

void flow_open(struct flow *flow)
{
    struct shard *shard = flow->shard;
    const struct plan *plan = shard->plan;
    const struct address *source =
        plan->source_count ? &plan->sources[flow->number % plan->source_count] : NULL;
    struct reason why;
    bool pending;

    assert(flow->state == FLOW_DOWN);
    if (!flow->begun_ns)
        flow->begun_ns = clock_now_ns();
    flow->source.fd = transport_connect(shard->run->address, source, &pending, &why);
    if (flow->source.fd < 0 && why.code == EAGAIN) {
        /* The backlog of a Unix socket is full, which no event will ever tell. */
        if (is_overdue(flow, clock_now_ns()))
            flow_fail(flow, REASON_TIMEOUT, 0);
        else
            retry_later(flow, BACKLOG_PAUSE_NS);
        return;
    }
    if (flow->source.fd < 0) {
        flow_fail(flow, why.word, why.code);
        return;
    }
    if (!pending) {
        opened(flow);
        return;
    }
    flow->state = FLOW_CONNECTING;
    flow->source.ready = connecting_ready;
    shard->connecting++;
    flow_watch(flow, LOOP_WRITE);
}

void flow_retry(struct shard *shard)
{
    struct flow *flow = shard->retry;

    shard->retry = NULL;
    while (flow) {
        struct flow *next = flow->next_retry;

        if (flow->retry_ns <= shard->now_ns && shard->connecting < FLOW_CONNECTING_MAX)
            flow_open(flow);
        else
            add_retry(flow);
        flow = next;
    }
}

void flow_begin(struct flow *flow)
{
    struct shard *shard = flow->shard;

    if (!flow->idle && !shard->stopped)
        shard->plan->workload->begin(flow);
}

void flow_check(struct flow *flow, uint64_t now_ns, uint64_t late_ns)
{
    uint64_t since_ns = waiting_since(flow);
    enum reason_word word =
        flow->state == FLOW_OPEN ? flow->shard->plan->workload->overdue : REASON_TIMEOUT;

    if (since_ns && since_ns < now_ns)
        flow->excused_ns = late_ns < now_ns - since_ns ? since_ns + late_ns : now_ns;
    if (flow->state != FLOW_DOWN && is_overdue(flow, now_ns))
        flow_fail(flow, word, 0);
}

void flow_end(struct flow *flow)
{
    if (flow->state != FLOW_OPEN || flow_owed(flow) || io_half_close(flow->source.fd) < 0) {
        flow_close(flow);
        return;
    }
    (*(flow->idle ? &flow->shard->open_idle : &flow->shard->open))--;
    flow->state = FLOW_ENDING;
    flow->source.ready = ending_ready;
    flow->shard->ending++;
}

void flow_close(struct flow *flow)
{
    if (flow->state != FLOW_DOWN)
        drop(flow);
}
