/* SPDX-License-Identifier: ISC */
#include "bench/flow.h"

#include "base/clock.h"
#include "bench/shard.h"
#include "transport/io.h"
#include "transport/transport.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* The pause before a connection is tried again doubles up to these: a full backlog empties in
 * milliseconds, a server that refuses or resets needs longer. */
#define BACKLOG_PAUSE_NS (16 * NS_PER_MS)
#define FAILURE_PAUSE_NS NS_PER_S
#define SAMPLE_EVERY     16 /* --verify sample: one piece of so many is compared */
#define BULK_SPANS       4  /* so many spans each way for one event of a bulk stream */
#define FOREIGN_LENGTH   8  /* so many bytes of another connection are no accident */
#define TIMED_EVERY      64 /* one comparison of so many is timed, to show what comparing costs */

/* Not part of the way of every message. */
#define APART            __attribute__((noinline, cold))

static void flow_ready(struct loop_source *source, unsigned events);

void flow_init(struct flow *flow, struct shard *shard, unsigned number, int idle,
               struct flow_message *messages)
{
    *flow = (struct flow){
        .source = {.ready = flow_ready, .fd = -1},
        .shard = shard,
        .number = number,
        .idle = idle,
        .messages = messages,
        .counted_begin = UINT64_MAX,
    };
}

void flow_add_free(struct flow *flow)
{
    struct shard *shard = flow->shard;

    if (flow->listed)
        return;
    flow->listed = 1;
    flow->next_free = NULL;
    if (shard->free_first)
        shard->free_last->next_free = flow;
    else
        shard->free_first = flow;
    shard->free_last = flow;
}

void flow_add_retry(struct flow *flow)
{
    struct shard *shard = flow->shard;

    if (!shard->retry || flow->retry_ns < shard->retry_ns)
        shard->retry_ns = flow->retry_ns;
    flow->next_retry = shard->retry;
    shard->retry = flow;
}

/* The bytes up to the end of the queue, from start on, count if they were due in the measured time;
 * what was sent and what came back of them is then the same set. */
static inline void count_queued(struct flow *flow, uint64_t start, uint64_t due_ns)
{
    if (!shard_counts(flow->shard, due_ns))
        return;
    if (start < flow->counted_begin)
        flow->counted_begin = start;
    flow->counted_end = flow->queued;
}

/* The same where only a part does. */
static uint64_t APART counted_part(const struct flow *flow, uint64_t start, uint64_t length)
{
    uint64_t low = start > flow->counted_begin ? start : flow->counted_begin;
    uint64_t high = start + length < flow->counted_end ? start + length : flow->counted_end;

    return high > low ? high - low : 0;
}

/* How many bytes of a piece of the stream count. */
static inline uint64_t counted(const struct flow *flow, uint64_t start, uint64_t length)
{
    if (start >= flow->counted_begin && start + length <= flow->counted_end)
        return length;
    return counted_part(flow, start, length);
}

/* Drops the connection; what it owes is no longer waited for. */
static void APART drop(struct flow *flow)
{
    struct shard *shard = flow->shard;

    for (; flow->count; flow->count--) {
        uint64_t due_ns = flow->messages[flow->first].due_ns;

        if (shard_counts(shard, due_ns))
            shard->tally->lost++;
        flow->first = flow->first + 1 == shard->run->plan->in_flight ? 0 : flow->first + 1;
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
    flow_add_retry(flow);
}

static void settle(struct flow *flow)
{
    if (!flow->settled)
        flow->shard->settled++;
    flow->settled = 1;
}

/* Counts a failure by its word, drops the connection and has it opened again. */
static void APART fail(struct flow *flow, enum reason_word word, int code)
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

static void watch(struct flow *flow, unsigned interests)
{
    int status = loop_watch(&flow->shard->loop, &flow->source, interests);

    if (status < 0)
        fail(flow, REASON_OTHER, -status);
}

/* Keeps the first difference of a tally for the report. */
static void note_difference(struct flow *flow, struct verdict verdict)
{
    struct tally *tally = flow->shard->tally;

    if (tally->verdict.word != REASON_NONE)
        return;
    verdict.offset = flow->received;
    verdict.total = flow->sent;
    tally->verdict = verdict;
    tally->verdict_connection = flow->stream;
}

/* Whether bytes that differ were sent in this run, but no part of them on this connection: what is
 * lost, doubled or exchanged within its own stream is found there. */
static int is_foreign(const struct flow *flow, const unsigned char *bytes, size_t length)
{
    unsigned found, distance;

    if (length < FOREIGN_LENGTH)
        return 0;
    found = ring_find(flow->shard->run->ring, bytes, FOREIGN_LENGTH);
    distance = (found + RING_PERIOD - ring_start(flow->stream)) % RING_PERIOD;
    return found < RING_PERIOD && distance >= flow->sent && distance + FOREIGN_LENGTH < RING_PERIOD;
}

/* The piece at the front of the buffer differs from what was sent: finds where, and the word. Kept
 * apart, as the compiler would set up its verdict for every message. */
static enum reason_word APART name_difference(struct flow *flow, const unsigned char *sent,
                                              size_t length)
{
    struct shard *shard = flow->shard;
    struct verdict verdict = {.word = REASON_CORRUPT, .sent_length = 1, .got_length = 1};
    size_t equal = 0;

    while (sent[equal] == shard->buffer[equal])
        equal++;
    verdict.sent[0] = sent[equal];
    verdict.got[0] = shard->buffer[equal];
    flow->received += equal;
    shard->owed -= equal;
    if (is_foreign(flow, shard->buffer + equal, length - equal))
        verdict.word = REASON_FOREIGN;
    note_difference(flow, verdict);
    return verdict.word;
}

/* Whether the piece at the front of the buffer equals what was sent: NONE, or the word for it. */
static enum reason_word compare_piece(struct flow *flow, size_t length)
{
    struct shard *shard = flow->shard;
    struct tally *tally = shard->tally;
    const unsigned char *sent = shard->run->ring->bytes + flow->receive_position;
    enum plan_verify verify = shard->run->plan->verify;
    unsigned piece = shard->pieces++;
    uint64_t began_ns;
    int timed, differs;

    if (verify == PLAN_VERIFY_NONE || (verify == PLAN_VERIFY_SAMPLE && piece % SAMPLE_EVERY))
        return REASON_NONE;
    timed = piece % TIMED_EVERY == 0;
    began_ns = timed ? clock_now_ns() : 0;
    differs = memcmp(sent, shard->buffer, length) != 0;
    if (timed) {
        tally->compare_samples++;
        tally->compare_sample_bytes += length;
        tally->compare_sample_ns += clock_now_ns() - began_ns;
    }
    tally->compared_bytes += length;
    return differs ? name_difference(flow, sent, length) : REASON_NONE;
}

int flow_has_room(const struct flow *flow)
{
    const struct plan *plan = flow->shard->run->plan;

    return flow->state == FLOW_OPEN && flow->count < plan->in_flight &&
           (!plan->churn || flow->taken < plan->churn);
}

/* One more message at the end of the stream; flush sends it. */
static void queue(struct flow *flow, uint64_t due_ns, uint64_t now_ns)
{
    unsigned in_flight = flow->shard->run->plan->in_flight;
    unsigned last = flow->first + flow->count;
    uint64_t size = shard_size(flow->shard);

    if (!flow->count)
        flow->progress_ns = now_ns;
    flow->queued += size;
    flow->shard->owed += size;
    count_queued(flow, flow->queued - size, due_ns);
    flow->messages[last < in_flight ? last : last - in_flight] =
        (struct flow_message){.end = flow->queued, .due_ns = due_ns, .sent_ns = now_ns};
    flow->count++;
    flow->taken++;
}

/* Sends what is queued, as far as the kernel takes it. */
static void flush(struct flow *flow)
{
    struct shard *shard = flow->shard;

    while (flow->sent < flow->queued) {
        uint64_t rest = flow->queued - flow->sent;
        size_t length = rest < RING_SPAN ? (size_t)rest : RING_SPAN;
        ssize_t count =
            io_send(flow->source.fd, shard->run->ring->bytes + flow->send_position, length);

        if (count == -EAGAIN) {
            watch(flow, LOOP_READ | LOOP_WRITE);
            return;
        }
        if (count < 0) {
            fail(flow, reason_from_errno((int)-count), (int)-count);
            return;
        }
        shard->tally->bytes_sent += counted(flow, flow->sent, (uint64_t)count);
        flow->sent += (uint64_t)count;
        flow->send_position = ring_after(flow->send_position, (size_t)count);
    }
    if (!shard->run->plan->bulk) /* which goes on at once */
        watch(flow, LOOP_READ);
}

/* The endless stream, a few spans for each time that the socket is writable. A Unix socket says
 * that only when three quarters of its queue are empty: who sends one span then keeps one on its
 * way, and both sides sleep and wake for each. */
static void stream(struct flow *flow)
{
    struct shard *shard = flow->shard;
    uint64_t now_ns = shard->now_ns;

    for (int span = 0; span < BULK_SPANS; span++) {
        if (flow->sent == flow->queued) {
            if (!shard_take(shard, now_ns)) {
                watch(flow, LOOP_READ);
                return;
            }
            if (!flow_owed(flow))
                flow->progress_ns = now_ns;
            flow->queued += shard->run->plan->messages ? shard_size(shard) : RING_SPAN;
            shard->owed += flow->queued - flow->sent;
            count_queued(flow, flow->sent, now_ns);
        }
        flush(flow);
        if (flow->state != FLOW_OPEN || flow->sent < flow->queued)
            return;
    }
    watch(flow, LOOP_READ | LOOP_WRITE);
}

/* Closed loop: sends until as much is in flight as is asked for. */
static void refill(struct flow *flow, uint64_t now_ns)
{
    while (flow_has_room(flow) && shard_take(flow->shard, now_ns))
        queue(flow, now_ns, now_ns);
    if (flow->sent < flow->queued)
        flush(flow);
}

void flow_offer(struct flow *flow, uint64_t due_ns)
{
    uint64_t now_ns = clock_now_ns();
    uint64_t possible_ns = due_ns > flow->free_ns ? due_ns : flow->free_ns;

    if (shard_counts(flow->shard, due_ns) && now_ns >= possible_ns)
        histogram_record(&flow->shard->tally->slip, now_ns - possible_ns);
    queue(flow, due_ns, now_ns);
    flush(flow);
}

/* A message is back, whole and equal. */
static void complete(struct flow *flow, uint64_t now_ns)
{
    struct shard *shard = flow->shard;
    struct tally *tally = shard->tally;
    const struct flow_message *message = &flow->messages[flow->first];

    int due_counts = shard_counts(shard, message->due_ns);

    if (due_counts) {
        tally->messages++;
        histogram_record(&tally->latency, now_ns - message->due_ns);
        if (shard->run->plan->rate)
            histogram_record(&tally->service, now_ns - message->sent_ns);
    }
    /* Of an open loop no more may be back than was offered. */
    if (shard_counts(shard, now_ns))
        (*(due_counts || !shard->run->plan->rate ? &tally->in_time : &tally->carried))++;
    if (flow->count-- == shard->run->plan->in_flight)
        flow->free_ns = now_ns;
    flow->first = flow->first + 1 == shard->run->plan->in_flight ? 0 : flow->first + 1;
    flow->failures = 0;
}

/* After an echo: the next message, or the next connection. */
static void go_on(struct flow *flow, uint64_t now_ns)
{
    const struct plan *plan = flow->shard->run->plan;

    if (plan->churn && flow->taken >= plan->churn && !flow->count) {
        /* The last connection stays open for flow_end to see how it ends. */
        if (now_ns >= flow->shard->end_ns || !flow->shard->left)
            return;
        drop(flow);
        flow->begun_ns = 0;
        flow_open(flow);
        return;
    }
    if (!plan->rate)
        refill(flow, now_ns);
    else if (flow_has_room(flow))
        flow_add_free(flow);
}

/* More came than was sent. */
static void APART fail_extra(struct flow *flow, uint64_t extra)
{
    struct verdict verdict = {.word = REASON_EXTRA, .extra = extra};

    note_difference(flow, verdict);
    fail(flow, REASON_EXTRA, 0);
}

/* Takes what came; says whether a whole span did, and more may be there. */
static int receive(struct flow *flow)
{
    struct shard *shard = flow->shard;
    ssize_t count = io_receive(flow->source.fd, shard->buffer, RING_SPAN);
    uint64_t now_ns = clock_now_ns();
    uint64_t outstanding = flow->sent - flow->received;
    enum reason_word word;
    size_t due;

    if (count == -EAGAIN)
        return 0;
    if (count < 0) {
        fail(flow, reason_from_errno((int)-count), (int)-count);
        return 0;
    }
    if (count == 0) {
        fail(flow, flow_owed(flow) && flow->received ? REASON_TRUNCATED : REASON_EOF, 0);
        return 0;
    }
    due = (uint64_t)count < outstanding ? (size_t)count : (size_t)outstanding;
    word = compare_piece(flow, due);
    if (word != REASON_NONE) {
        fail(flow, word, 0);
        return 0;
    }
    if (due < (size_t)count) {
        fail_extra(flow, (uint64_t)count - outstanding);
        return 0;
    }
    shard->tally->bytes_received += counted(flow, flow->received, (uint64_t)count);
    flow->received += (uint64_t)count;
    flow->receive_position = ring_after(flow->receive_position, (size_t)count);
    flow->progress_ns = now_ns;
    shard->owed -= (uint64_t)count;
    if (shard_counts(shard, now_ns))
        shard->tally->bytes_in_time += (uint64_t)count;
    if (shard->run->plan->bulk)
        return count == RING_SPAN;
    while (flow->count && flow->messages[flow->first].end <= flow->received)
        complete(flow, now_ns);
    go_on(flow, now_ns);
    return 0;
}

/* After the half-close nothing but the end may come. */
static void APART discard(struct flow *flow)
{
    ssize_t count = io_receive(flow->source.fd, flow->shard->buffer, RING_SPAN);

    if (count == -EAGAIN)
        return;
    if (count > 0) {
        struct verdict verdict = {.word = REASON_EXTRA, .extra = (uint64_t)count};

        note_difference(flow, verdict);
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
    (*(flow->idle ? &shard->open_idle : &shard->open))++;
    shard->tally->connects++;
    histogram_record(&shard->tally->connect, now_ns - flow->begun_ns);
    flow->stream = shard->next_stream;
    shard->next_stream += shard->run->plan->threads;
    flow->send_position = flow->receive_position = ring_start(flow->stream);
    flow->first = flow->count = 0;
    flow->taken = 0;
    flow->free_ns = flow->progress_ns = now_ns;
    settle(flow);
    watch(flow, LOOP_READ);
    if (flow->state == FLOW_OPEN && shard->going)
        flow_begin(flow);
}

/* Since when the peer has had time for what is outstanding; 0: nothing is. */
static uint64_t waiting_since(const struct flow *flow)
{
    uint64_t since_ns = flow->begun_ns; /* DOWN with a begin: the backlog is full */

    if (flow->state == FLOW_ENDING || (flow->state == FLOW_OPEN && !flow_owed(flow)))
        return 0;
    /* A peer that answers one byte a second makes progress, but the message is late. */
    if (flow->state == FLOW_OPEN)
        since_ns =
            flow->shard->run->plan->bulk ? flow->progress_ns : flow->messages[flow->first].sent_ns;
    return since_ns && since_ns < flow->excused_ns ? flow->excused_ns : since_ns;
}

static int is_overdue(const struct flow *flow, uint64_t now_ns)
{
    uint64_t since_ns = waiting_since(flow);

    return since_ns && now_ns > since_ns && now_ns - since_ns >= flow->shard->run->plan->timeout_ns;
}

void flow_open(struct flow *flow)
{
    struct shard *shard = flow->shard;
    const struct plan *plan = shard->run->plan;
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
            fail(flow, REASON_TIMEOUT, 0);
        else
            retry_later(flow, BACKLOG_PAUSE_NS);
        return;
    }
    if (flow->source.fd < 0) {
        fail(flow, why.word, why.code);
        return;
    }
    if (!pending) {
        opened(flow);
        return;
    }
    flow->state = FLOW_CONNECTING;
    shard->connecting++;
    watch(flow, LOOP_WRITE);
}

static void APART connected(struct flow *flow)
{
    struct reason why;

    if (transport_connect_result(flow->source.fd, flow->shard->run->address, &why) < 0)
        fail(flow, why.word, why.code);
    else
        opened(flow);
}

void flow_begin(struct flow *flow)
{
    struct shard *shard = flow->shard;

    if (flow->idle || shard->stopped)
        return;
    if (shard->run->plan->bulk)
        watch(flow, LOOP_READ | LOOP_WRITE);
    else
        go_on(flow, clock_now_ns());
}

static void flow_ready(struct loop_source *source, unsigned events)
{
    struct flow *flow = (struct flow *)source;

    switch (flow->state) {
    case FLOW_CONNECTING:
        connected(flow);
        break;
    case FLOW_ENDING:
        discard(flow);
        break;
    case FLOW_OPEN:
        for (int span = 0; events & LOOP_READ && span < BULK_SPANS; span++)
            if (!receive(flow))
                break;
        if (flow->state == FLOW_OPEN && (events & LOOP_WRITE)) {
            if (flow->shard->run->plan->bulk)
                stream(flow);
            else
                flush(flow);
        }
        break;
    case FLOW_DOWN:
        break;
    }
}

void flow_check(struct flow *flow, uint64_t now_ns, uint64_t late_ns)
{
    uint64_t since_ns = waiting_since(flow);
    int bulk = flow->shard->run->plan->bulk;

    if (since_ns && since_ns < now_ns)
        flow->excused_ns = late_ns < now_ns - since_ns ? since_ns + late_ns : now_ns;
    if (flow->state != FLOW_DOWN && is_overdue(flow, now_ns))
        fail(flow, flow->state == FLOW_OPEN && bulk ? REASON_STALLED : REASON_TIMEOUT, 0);
}

void flow_end(struct flow *flow)
{
    if (flow->state != FLOW_OPEN || flow_owed(flow) || io_half_close(flow->source.fd) < 0) {
        flow_close(flow);
        return;
    }
    (*(flow->idle ? &flow->shard->open_idle : &flow->shard->open))--;
    flow->state = FLOW_ENDING;
    flow->shard->ending++;
}

void flow_close(struct flow *flow)
{
    if (flow->state != FLOW_DOWN)
        drop(flow);
}
