/* SPDX-License-Identifier: ISC */
#include "client/exchange.h"

#include "base/clock.h"
#include "client/interrupt.h"
#include "transport/io.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define FINISH_NS (1 * NS_PER_S)
#define EXTRA_MAX (1 << 20) /* an endless peer is not read to its end */
#define TICK_NS   (NS_PER_S / 4)

void exchange_init(struct exchange *exchange, int fd, struct compare *compare,
                   const struct trace *trace, uint64_t timeout_ns)
{
    *exchange = (struct exchange){
        .fd = fd,
        .compare = compare,
        .trace = trace,
        .timeout_ns = timeout_ns,
        .planned = EXCHANGE_UNKNOWN,
        .input_fd = -1,
    };
    exchange->start_ns = exchange->progress_ns = clock_now_ns();
}

/* Bytes sent whose echo is not back. */
static uint64_t owed_bytes(const struct exchange *exchange)
{
    return exchange->compare ? compare_owed(exchange->compare) : 0;
}

/* The verdict as the sentence of a reason: the word stands in front of it already. */
static int explain(const struct verdict *verdict, struct reason *why)
{
    char text[VERDICT_TEXT_SIZE], detail[VERDICT_DETAIL_SIZE];
    const char *place = strchr(verdict_format(verdict, text, sizeof text), ' ');

    verdict_detail(verdict, detail, sizeof detail);
    return reason_set(why, verdict->word, 0, "%s%s%s%s", place ? place + 1 : text,
                      *detail ? " (" : "", detail, *detail ? ")" : "");
}

int exchange_judge(struct exchange *exchange, enum reason_word word, uint64_t waited_ns,
                   struct reason *why)
{
    uint64_t total = exchange->planned == EXCHANGE_UNKNOWN ? exchange->sent : exchange->planned;

    if (exchange->compare)
        exchange->verdict = *compare_end(exchange->compare, word, total, waited_ns);
    else
        exchange->verdict = (struct verdict){
            .word = word, .offset = exchange->received, .total = total, .waited_ns = waited_ns};
    if (exchange->verdict.word == REASON_NONE)
        return 0;
    return explain(&exchange->verdict, why);
}

/* Sends our end; once. */
static void half_close(struct exchange *exchange)
{
    if (exchange->half_closed)
        return;
    exchange->half_closed = true;
    /* A peer that is gone already shows on the receiving side. */
    trace_step(exchange->trace, "half-close: shutdown(%d, SHUT_WR) = %d", exchange->fd,
               io_half_close(exchange->fd));
}

ssize_t exchange_send(struct exchange *exchange, struct reason *why)
{
    size_t length = exchange->pending_length;
    ssize_t count;

    if (exchange->compare && length > compare_room(exchange->compare))
        length = compare_room(exchange->compare);
    if (length == 0 || exchange->send_code)
        return 0;
    count = io_send(exchange->fd, exchange->pending, length);
    if (count == -EAGAIN)
        return 0;
    trace_step(exchange->trace, "send: send(%d, %zu bytes) = %zd", exchange->fd, length, count);
    if (count == -EPIPE || count == -ECONNRESET || count == -ECONNABORTED || count == -ETIMEDOUT ||
        count == -EHOSTUNREACH || count == -ENETUNREACH) {
        exchange->send_code = (int)-count;
        return 0;
    }
    if (count < 0)
        return reason_errno(why, (int)-count, "send");
    trace_bytes(exchange->trace, '>', exchange->sent, exchange->pending, (size_t)count);
    if (exchange->compare)
        compare_sent(exchange->compare, exchange->pending, (size_t)count);
    exchange->pending += count;
    exchange->pending_length -= (size_t)count;
    exchange->sent += (uint64_t)count;
    return count;
}

/* recv(2) with its trace. Sets ended at the end. */
static ssize_t take(struct exchange *exchange, void *bytes, size_t size)
{
    ssize_t count = io_receive(exchange->fd, bytes, size);

    if (count == -EAGAIN)
        return count;
    exchange->received_ns = clock_now_ns();
    trace_step(exchange->trace, "receive: recv(%d) = %zd%s", exchange->fd, count,
               count == 0  ? ", the end of the stream"
               : count > 0 ? " bytes"
                           : "");
    if (count > 0)
        trace_bytes(exchange->trace, '<', exchange->received, bytes, (size_t)count);
    else if (count == 0)
        exchange->ended = true;
    else
        exchange->receive_code = (int)-count;
    return count;
}

/* More has come than was sent: how much more, within reason. */
static int count_extra(struct exchange *exchange, struct reason *why)
{
    unsigned char bytes[4096];
    uint64_t deadline_ns = clock_now_ns() + FINISH_NS;

    if (exchange->end_ns && exchange->end_ns < deadline_ns)
        deadline_ns = exchange->end_ns;
    half_close(exchange);
    while (!exchange->ended && exchange->compare->verdict.extra < EXTRA_MAX) {
        ssize_t count = take(exchange, bytes, sizeof bytes);

        if (count > 0) {
            exchange->received += (uint64_t)count;
            if (compare_received(exchange->compare, bytes, (size_t)count) == 0)
                break;
        } else if (count != -EAGAIN || clock_now_ns() >= deadline_ns || interrupt_asked()) {
            break;
        } else {
            interrupt_poll(&(struct pollfd){.fd = exchange->fd, .events = POLLIN}, 1, deadline_ns);
        }
    }
    return exchange_judge(exchange, REASON_NONE, 0, why);
}

static int differs(struct exchange *exchange, struct reason *why)
{
    if (exchange->compare->verdict.word == REASON_EXTRA)
        return count_extra(exchange, why);
    return exchange_judge(exchange, REASON_NONE, 0, why);
}

/* The connection broke: everything that had come was received before. */
static int broken(struct exchange *exchange, int code, struct reason *why)
{
    int status = exchange_judge(exchange, REASON_RESET, 0, why);

    why->code = code;
    return status;
}

ssize_t exchange_receive(struct exchange *exchange, struct reason *why)
{
    /* One for all: what arrives is handed on before the next receive, and a stack may be small. */
    static unsigned char bytes[EXCHANGE_CHUNK];
    ssize_t count = take(exchange, bytes, sizeof bytes);
    size_t good = count > 0 ? (size_t)count : 0;
    int status = 0;

    if (count == -EAGAIN || count == 0)
        return 0;
    if (count < 0)
        return broken(exchange, (int)-count, why);
    exchange->received += (uint64_t)count;
    if (exchange->compare) {
        uint64_t before = exchange->compare->received;

        status = compare_received(exchange->compare, bytes, (size_t)count);
        good = (size_t)(exchange->compare->received - before);
    }
    if (good && exchange->deliver && exchange->deliver(exchange, bytes, good, why) < 0)
        return -1;
    return status < 0 ? differs(exchange, why) : count;
}

/* Whether the input has something to say, without waiting for it. */
static bool input_ready(const struct exchange *exchange)
{
    struct pollfd input = {.fd = exchange->input_fd, .events = POLLIN};

    return exchange->input_fd < 0 || poll(&input, 1, 0) > 0;
}

static int refill(struct exchange *exchange, struct reason *why)
{
    if (interrupt_asked()) {
        exchange->exhausted = true;
        exchange->pending_length = 0;
    }
    if (exchange->pending_length || exchange->exhausted || !input_ready(exchange))
        return 0;
    return exchange->refill(exchange, why);
}

/* The peer's end has come. Before ours it is an error even when nothing is owed, unless our input
 * was at its end too. */
static int judge_end(struct exchange *exchange, struct reason *why)
{
    if (exchange->send_code == ECONNRESET)
        return broken(exchange, exchange->send_code, why);
    if (!exchange->half_closed && refill(exchange, why) < 0)
        return -1;
    if (exchange->compare && exchange_judge(exchange, REASON_NONE, 0, why) < 0)
        return -1;
    if (exchange->half_closed || (exchange->exhausted && !exchange->pending_length))
        return 0;
    exchange->verdict = (struct verdict){
        .word = exchange->received ? REASON_TRUNCATED : REASON_EOF,
        .offset = exchange->received,
        .total = exchange->sent,
    };
    return reason_set(why, exchange->verdict.word, 0,
                      "the peer ended the stream at %" PRIu64 ", before our end",
                      exchange->received);
}

/* Something is expected of the peer: an echo, room for more, or its end. */
static bool is_waiting_for_peer(const struct exchange *exchange)
{
    return exchange->pending_length || exchange->half_closed || owed_bytes(exchange);
}

/* When the peer is late with what is outstanding; 0 = never. */
static uint64_t late_at_ns(const struct exchange *exchange)
{
    const struct exchange_patience *first = &exchange->first;
    uint64_t since_ns = exchange->progress_ns, deadline_ns = exchange->end_ns;

    if (exchange->timeout_ns)
        deadline_ns = clock_earlier_ns(deadline_ns, since_ns + exchange->timeout_ns);
    if (!exchange->received && first->until_ns)
        deadline_ns = clock_earlier_ns(
            deadline_ns, clock_earlier_ns(first->until_ns, since_ns + first->timeout_ns));
    return deadline_ns;
}

static bool is_late(const struct exchange *exchange, uint64_t now_ns, uint64_t *waited_ns)
{
    uint64_t late_ns = late_at_ns(exchange), since_ns = exchange->progress_ns;

    *waited_ns = late_ns > since_ns ? late_ns - since_ns : 0;
    return late_ns && now_ns >= late_ns && is_waiting_for_peer(exchange);
}

/* Nothing is outstanding: the peer's time counts from the moment when something is. */
static void restart_patience(struct exchange *exchange)
{
    exchange->progress_ns = clock_now_ns();
    if (exchange->progress_ns >= exchange->first.until_ns)
        exchange->first.until_ns = 0;
}

/* Waits until something can move, the input speaks, or it is time to look again. */
static void wait_to_move(struct exchange *exchange, uint64_t now_ns)
{
    size_t room = exchange->compare ? compare_room(exchange->compare) : SIZE_MAX;
    bool sending = exchange->pending_length && room && !exchange->send_code;
    struct pollfd fds[2] = {
        {.fd = exchange->fd, .events = (short)(POLLIN | (sending ? POLLOUT : 0))},
        {.fd = exchange->pending_length || exchange->exhausted ? -1 : exchange->input_fd,
         .events = POLLIN},
    };
    bool waiting_for_peer = is_waiting_for_peer(exchange);
    uint64_t wake_ns = waiting_for_peer ? late_at_ns(exchange) : 0;

    if (exchange->busy)
        return;
    if (exchange->progress && exchange->progress->stream &&
        (!wake_ns || wake_ns > now_ns + TICK_NS))
        wake_ns = now_ns + TICK_NS;
    interrupt_poll(fds, 2, wake_ns);
    if (!waiting_for_peer)
        restart_patience(exchange);
}

/* "17 B", "200 kB", "1073 MB" */
static const char *amount(uint64_t bytes, char *text, size_t size)
{
    if (bytes < 10000)
        snprintf(text, size, "%" PRIu64 " B", bytes);
    else if (bytes < 10000000)
        snprintf(text, size, "%" PRIu64 " kB", bytes / 1000);
    else
        snprintf(text, size, "%" PRIu64 " MB", bytes / 1000000);
    return text;
}

static void show_progress(const struct exchange *exchange, uint64_t now_ns)
{
    double rate = (double)exchange->received * 1e3 / (double)(now_ns - exchange->start_ns + 1);
    char back[32], all[32];

    if (!exchange->progress || !progress_due(exchange->progress, now_ns))
        return;
    amount(exchange->received, back, sizeof back);
    if (exchange->planned != EXCHANGE_UNKNOWN && exchange->planned > 0)
        progress_show(exchange->progress, now_ns, "%s of %s back, %.0f %%, %.1f MB/s", back,
                      amount(exchange->planned, all, sizeof all),
                      (double)exchange->received * 100 / (double)exchange->planned, rate);
    else
        progress_show(exchange->progress, now_ns, "%s sent, %s back, %.1f MB/s",
                      amount(exchange->sent, all, sizeof all), back, rate);
}

/* One turn: what can be sent, the half-close when it is due, what can be received. How much moved,
 * or -1. */
static ssize_t turn(struct exchange *exchange, enum exchange_goal goal, struct reason *why)
{
    ssize_t sent, received;

    if (refill(exchange, why) < 0)
        return -1;
    sent = exchange_send(exchange, why);
    if (sent < 0)
        return -1;
    if (goal == EXCHANGE_ENDED && exchange->exhausted && !exchange->pending_length)
        half_close(exchange);
    received = exchange_receive(exchange, why);
    return received < 0 ? -1 : sent + received;
}

int exchange_run(struct exchange *exchange, enum exchange_goal goal, struct reason *why)
{
    uint64_t waited_ns;

    exchange->progress_ns = clock_now_ns();
    for (;;) {
        uint64_t received = exchange->received;
        bool owed = owed_bytes(exchange) > 0;
        ssize_t moved = turn(exchange, goal, why);
        uint64_t now_ns = clock_now_ns();

        if (moved < 0)
            return -1;
        if (exchange->ended)
            return judge_end(exchange, why);
        if (goal == EXCHANGE_ECHOED && exchange->exhausted && !exchange->pending_length &&
            owed_bytes(exchange) == 0)
            return 0;
        show_progress(exchange, now_ns);
        /* A peer that takes everything and returns nothing makes no progress. */
        if (exchange->received > received || (moved > 0 && !owed))
            exchange->progress_ns = now_ns;
        else if (is_late(exchange, now_ns, &waited_ns))
            return exchange_judge(exchange, REASON_STALLED, waited_ns, why);
        if (moved == 0)
            wait_to_move(exchange, now_ns);
    }
}

int exchange_finish(struct exchange *exchange, struct reason *why)
{
    if (!exchange->compare)
        return 0;
    if (count_extra(exchange, why) < 0)
        return -1;
    return exchange->receive_code ? broken(exchange, exchange->receive_code, why) : 0;
}
