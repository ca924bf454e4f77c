/* SPDX-License-Identifier: ISC */
#include "client/ping.h"

#include "base/clock.h"
#include "client/connect.h"
#include "client/exchange.h"
#include "client/flight.h"
#include "client/hello.h"
#include "client/interrupt.h"
#include "client/ping_report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* At INT and at the deadline a ping may be on its way; it gets this long and twice the longest
 * round trip so far before it counts as lost. What a deadline can grow by has a limit. */
#define GRACE_NS          (100 * NS_PER_MS)
#define DEADLINE_GRACE_NS (500 * NS_PER_MS)
/* Between a failure and the next ping at least: without it interval 0 would hammer a dead server.
 */
#define BREATH_NS         (100 * NS_PER_MS)

struct ping {
    const struct request *request;
    struct connect_targets targets;
    struct connect_result connected;
    struct ping_report report;
    struct flight flight;
    struct exchange exchange;
    struct compare compare;
    struct pattern pattern;
    uint64_t connections;
    uint64_t next_ns;
    uint64_t end_ns; /* 0 until INT or the deadline: no more pings, and the end at this time */
    enum exit_status status; /* of what is worse than lost */
    unsigned char *bytes;    /* of one ping */
};

static void begin_connection(struct ping *ping)
{
    histogram_record(&ping->report.connect, ping->connected.connect_ns);
    flight_begin(&ping->flight, ping->report.counts.sent + 1);
    pattern_init(&ping->pattern, ping->request->seed, ping->connections++);
    compare_init_pattern(&ping->compare, &ping->pattern);
    exchange_init(&ping->exchange, ping->connected.fd,
                  ping->request->compare ? &ping->compare : NULL, &ping->request->trace, 0);
    ping->exchange.end_ns = ping->request->end_ns;
}

/* The answers that have come so far, in whole pings. Without comparison bytes beyond those sent
 * count for nothing. */
static uint64_t whole_answers(const struct ping *ping)
{
    uint64_t bytes = ping->request->compare ? ping->compare.received : ping->exchange.received;
    uint64_t answers = bytes / ping->request->size;

    return answers < ping->flight.sent ? answers : ping->flight.sent;
}

static void take_answers(struct ping *ping)
{
    for (uint64_t answers = whole_answers(ping); ping->flight.answered < answers;) {
        uint64_t seq = flight_seq(&ping->flight), time_ns;
        bool waiting = flight_answer(&ping->flight, ping->exchange.received_ns, &time_ns);

        ping_report_echo(&ping->report, seq, time_ns, ping->connected.connect_ns,
                         !waiting || time_ns > ping->request->reply_timeout_ns);
    }
}

static void breathe(struct ping *ping)
{
    uint64_t earliest_ns = clock_now_ns() + BREATH_NS;

    if (ping->next_ns < earliest_ns)
        ping->next_ns = earliest_ns;
}

/* What ended a connection before its time. It belongs to a ping only where that ping's own bytes
 * came back wrong. */
static void report_end(struct ping *ping, const struct reason *why)
{
    enum exit_status status = EXIT_ENDED;

    if (why->word == REASON_CORRUPT || why->word == REASON_EXTRA)
        status = EXIT_DIFFERS;
    else if (why->word == REASON_STALLED)
        status = EXIT_MISSING;
    if (why->word == REASON_CORRUPT)
        ping->report.counts.corrupt++;
    if (why->word == REASON_EXTRA)
        ping->report.counts.extra += ping->exchange.verdict.extra;
    if (status == EXIT_ENDED)
        ping_report_broken(&ping->report, why);
    else
        ping_report_failure(&ping->report,
                            why->word == REASON_CORRUPT ? flight_seq(&ping->flight) : 0, why);
    ping->status = exit_status_worse(ping->status, status);
    breathe(ping);
}

/* Nothing more will come on this connection: whatever is unanswered is lost. */
static void end_connection(struct ping *ping, const struct reason *why)
{
    if (why)
        report_end(ping, why);
    flight_begin(&ping->flight, 0);
    ping->exchange.pending_length = 0;
    connect_close(ping->request, &ping->connected.fd);
}

/* After the last answer of a connection. */
static void part(struct ping *ping)
{
    struct reason why;

    end_connection(ping, exchange_finish(&ping->exchange, &why) < 0 ? &why : NULL);
}

/* Takes what has come. A broken connection ends here, not the run. */
static void receive(struct ping *ping)
{
    struct reason why;
    ssize_t count = exchange_receive(&ping->exchange, &why);

    take_answers(ping);
    if (count < 0) {
        end_connection(ping, &why);
    } else if (ping->exchange.ended) {
        ping->exchange.planned = ping->flight.sent * ping->request->size;
        if (exchange_judge(&ping->exchange, REASON_NONE, 0, &why) == 0)
            reason_set(&why, REASON_EOF, 0, "the server has ended the connection");
        end_connection(ping, &why);
    }
}

/* A new connection for the next ping, to where the name leads now; a failure is that ping's loss.
 */
static int reconnect(struct ping *ping)
{
    const struct request *request = ping->request;
    uint64_t patience_ns = request->reply_timeout_ns, deadline_ns;
    struct reason why;

    if (request->connect_timeout_ns && request->connect_timeout_ns < patience_ns)
        patience_ns = request->connect_timeout_ns;
    deadline_ns = connect_deadline_ns(request, patience_ns);
    if (connect_resolve(request, &ping->targets, deadline_ns, &why) < 0 ||
        connect_again(request, &ping->targets, deadline_ns, &ping->connected, &why) < 0) {
        /* An interrupted attempt is no ping that was lost. */
        if (interrupt_asked())
            return -1;
        ping_report_failure(&ping->report, ++ping->report.counts.sent, &why);
        breathe(ping);
        return -1;
    }
    begin_connection(ping);
    return 0;
}

static void report_outstanding(struct ping *ping)
{
    uint64_t seq;

    while ((seq = flight_outstanding(&ping->flight)))
        ping_report_outstanding(&ping->report, seq);
}

/* One more ping, over the connection that stands or one that is made for it. */
static void send_ping(struct ping *ping, uint64_t now_ns)
{
    uint64_t size = ping->request->size;
    struct reason why;

    ping->next_ns += ping->request->interval_ns;
    if (ping->next_ns < now_ns)
        ping->next_ns = now_ns;
    if (ping->connected.fd < 0 && reconnect(ping) < 0)
        return;
    report_outstanding(ping);
    pattern_fill(&ping->pattern, ping->flight.sent * size, ping->bytes, (size_t)size);
    ping->exchange.pending = ping->bytes;
    ping->exchange.pending_length = (size_t)size;
    ping->report.counts.sent++;
    flight_send(&ping->flight, clock_now_ns());
    if (exchange_send(&ping->exchange, &why) < 0)
        end_connection(ping, &why);
}

static bool all_sent(const struct ping *ping)
{
    return ping->end_ns ||
           (ping->request->count && ping->report.counts.sent >= ping->request->count);
}

/* Whether the next ping may go now. With interval 0 each waits for the answer to the one before; a
 * large one that is still on its way out is never overtaken. */
static bool may_send(const struct ping *ping, uint64_t now_ns)
{
    if (all_sent(ping) || now_ns < ping->next_ns)
        return false;
    if (ping->connected.fd < 0)
        return true;
    if (ping->exchange.pending_length || flight_is_full(&ping->flight))
        return false;
    return (ping->request->interval_ns && !ping->request->reconnect) ||
           flight_waiting(&ping->flight) == 0;
}

static void wait_for_answers(struct ping *ping, uint64_t now_ns, uint64_t deadline_ns)
{
    struct pollfd fd = {.fd = ping->connected.fd, .events = POLLIN};
    uint64_t wake_ns = deadline_ns ? deadline_ns : UINT64_MAX;

    if (!all_sent(ping) && now_ns < ping->next_ns && ping->next_ns < wake_ns)
        wake_ns = ping->next_ns;
    if (flight_waiting(&ping->flight)) {
        uint64_t due_ns = flight_due_ns(&ping->flight, ping->request->reply_timeout_ns);

        if (ping->request->busy_poll)
            return;
        if (due_ns < wake_ns)
            wake_ns = due_ns;
    }
    if (ping->exchange.pending_length)
        fd.events |= POLLOUT;
    interrupt_poll(&fd, 1, wake_ns);
}

/* With --reconnect each connection serves one ping; otherwise one that has swallowed thousands of
 * them is given up. */
static void let_connection_go(struct ping *ping)
{
    const struct flight *flight = &ping->flight;
    struct reason why;

    if (ping->connected.fd < 0 || flight->sent == 0 || flight_waiting(flight))
        return;
    if (ping->request->reconnect && flight->answered == flight->sent) {
        part(ping);
    } else if (ping->request->reconnect) {
        end_connection(ping, NULL);
    } else if (flight_is_full(flight)) {
        reason_set(&why, REASON_STALLED, 0, "%d pings without an answer", FLIGHT_MAX);
        end_connection(ping, &why);
    }
}

static uint64_t grace_ns(const struct ping *ping)
{
    uint64_t grace_ns = GRACE_NS + 2 * histogram_max(&ping->report.rtt);

    return interrupt_asked() || grace_ns < DEADLINE_GRACE_NS ? grace_ns : DEADLINE_GRACE_NS;
}

/* Whether the run is over: all is answered or given up. Sets the end at INT and at the deadline. */
static bool is_over(struct ping *ping, uint64_t now_ns)
{
    uint64_t deadline_ns = ping->request->end_ns;

    if (!ping->end_ns && (interrupt_asked() || (deadline_ns && now_ns >= deadline_ns)))
        ping->end_ns = now_ns + grace_ns(ping);
    return ping->report.failed || (ping->end_ns && now_ns >= ping->end_ns) ||
           (all_sent(ping) && flight_waiting(&ping->flight) == 0);
}

static void show_statistics(struct ping *ping)
{
    ping->report.counts.waiting = flight_waiting(&ping->flight);
    ping_report_statistics(&ping->report);
}

static void ping_loop(struct ping *ping)
{
    uint64_t now_ns = clock_now_ns();

    for (; !is_over(ping, now_ns); now_ns = clock_now_ns()) {
        struct reason why;

        if (interrupt_take_quit()) {
            ping->report.signalled = true;
            show_statistics(ping);
            ping->report.signalled = false;
        }
        if (may_send(ping, now_ns))
            send_ping(ping, now_ns);
        else
            wait_for_answers(ping, now_ns, ping->end_ns ? ping->end_ns : ping->request->end_ns);
        if (ping->connected.fd >= 0 && exchange_send(&ping->exchange, &why) < 0)
            end_connection(ping, &why);
        if (ping->connected.fd >= 0)
            receive(ping);
        flight_expire(&ping->flight, clock_now_ns(), ping->request->reply_timeout_ns);
        let_connection_go(ping);
    }
}

static void finish(struct ping *ping)
{
    if (ping->connected.fd < 0)
        return;
    if (ping->flight.answered == ping->flight.sent)
        part(ping);
    else
        end_connection(ping, NULL);
}

static enum exit_status ping_status(const struct ping *ping, struct reason *why)
{
    const struct ping_counts *counts = &ping->report.counts;

    if (ping->report.failed) {
        reason_set(why, REASON_OTHER, ping->report.failed, "write standard output: %s",
                   strerror(ping->report.failed));
        return EXIT_LOCAL;
    }
    return exit_status_worse(
        ping->status, ping_report_lost(&ping->report) || counts->late ? EXIT_MISSING : EXIT_EXACT);
}

enum exit_status ping_run(const struct request *request, struct reason *why)
{
    struct ping *ping = calloc(1, sizeof *ping);
    unsigned char *bytes = malloc((size_t)request->size);
    enum exit_status status = EXIT_LOCAL;

    if (!ping || !bytes) {
        reason_errno(why, ENOMEM, "buffers for pings");
        goto out;
    }
    ping->request = request;
    ping->bytes = bytes;
    ping->status = EXIT_EXACT;
    status = hello_run(request, why);
    if (status != EXIT_EXACT)
        goto out;
    status = EXIT_LOCAL;
    if (connect_open(request, &ping->targets, &ping->connected, why) < 0) {
        status = reason_exit_status(why->word, false);
        goto out;
    }
    /* Not before: a run that has sent nothing has no statistics, so a signal simply ends it. */
    if (interrupt_catch(why) < 0)
        goto out;
    interrupt_catch_quit();
    ping_report_init(&ping->report, request);
    begin_connection(ping);
    ping_report_start(&ping->report);
    ping->next_ns = ping->report.start_ns;
    ping_loop(ping);
    ping->report.signalled = interrupt_asked();
    finish(ping);
    if (!ping->report.failed)
        show_statistics(ping);
    status = ping_status(ping, why);
out:
    free(bytes);
    free(ping);
    return status;
}
