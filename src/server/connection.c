/* SPDX-License-Identifier: ISC */
#include "server/connection.h"

#include "base/clock.h"
#include "base/errno_name.h"
#include "base/log.h"
#include "base/owner.h"
#include "base/seam.h"
#include "server/roster.h"
#include "transport/io.h"
#include "transport/sock_diag.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A client that makes progress but never ends is given this long. */
#define ENDING_MAX_NS  (30 * NS_PER_S)

#define UNREAD_UNKNOWN UINT32_MAX

static void ready(struct loop_source *source, unsigned events);
__attribute__((noinline)) static bool settle(struct connection *connection, unsigned wants);

struct connection *connection_create(int fd, struct listener *listener,
                                     const struct admission_ticket *ticket, const char *peer,
                                     uint64_t now_ns)
{
    size_t length = peer ? strlen(peer) : 0, size = offsetof(struct connection, peer) + length + 1;
    struct connection *connection =
        seam_allocate(size > sizeof *connection ? size : sizeof *connection);

    if (!connection) {
        io_close(&fd);
        return NULL;
    }
    connection->source = (struct loop_source){.fd = fd};
    stream_init(&connection->stream, fd);
    connection->listener = listener;
    connection->ticket = *ticket;
    connection->opened_ns = connection->progress_ns = now_ns;
    connection->unread = UNREAD_UNKNOWN;
    memcpy(connection->peer, peer ? peer : "", length);
    return connection;
}

void connection_attach(struct connection *connection, struct worker *worker)
{
    connection->worker = worker;
    connection->next = worker->connections;
    connection->link = &worker->connections;
    if (connection->next)
        connection->next->link = &connection->next;
    worker->connections = connection;
    connection->listener->counters[worker->index].accepted++;
    connection->listener->counters[worker->index].active++;
    connection->listener->service->begin(connection);
}

static void opening_ready(struct loop_source *source, unsigned events)
{
    struct connection *connection = OWNER(source, struct connection, source);

    (void)events;
    connection->opening->turn(connection);
}

/* What has come meanwhile is served before it is judged, as in connection_tick. */
static void opening_expired(struct timer *timer, uint64_t now_ns)
{
    struct connection_opening *opening = OWNER(timer, struct connection_opening, timer);
    struct connection *connection = opening->connection;

    if (opening->turn(connection))
        connection_stop(connection, ECHO_IDLE, now_ns);
}

void connection_open(struct connection *connection, struct connection_opening *opening,
                     unsigned interests, uint64_t deadline_ns)
{
    int status;

    opening->connection = connection;
    opening->timer = (struct timer){.expired = opening_expired};
    timer_start(&connection->worker->timers, &opening->timer, deadline_ns);
    connection->opening = opening;
    connection->source.ready = opening_ready;
    status = loop_watch(&connection->worker->loop, &connection->source, interests);
    if (status < 0)
        connection_fail(connection, status);
}

static void release_opening(struct connection *connection)
{
    struct connection_opening *opening = connection->opening;

    if (!opening)
        return;
    connection->opening = NULL;
    timer_stop(&connection->worker->timers, &opening->timer);
    opening->release(opening);
}

void connection_opened(struct connection *connection, const unsigned char *bytes, size_t length)
{
    struct stream *stream = &connection->stream;

    if (length) {
        echo_received(&stream->echo, length);
        stream_hold(stream, bytes, length);
    }
    release_opening(connection);
    connection->taken_in--; /* so that the next look sees progress */
}

void connection_fail(struct connection *connection, int code)
{
    stream_fail(&connection->stream, code);
    connection_destroy(connection);
}

void connection_echo(struct connection *connection)
{
    connection->source.ready = ready;
    settle(connection, echo_wants(&connection->stream.echo));
}

void connection_hand_over(struct connection *connection, struct worker *worker,
                          const struct worker *accepting)
{
    atomic_fetch_add_explicit(&worker->active, 1, memory_order_relaxed);
    if (worker == accepting)
        connection_attach(connection, worker);
    else
        worker_put(worker, connection, &connection->next);
}

static void tell_closed(const struct connection *connection)
{
    const struct echo *echo = &connection->stream.echo;
    const char *name = echo_reason_name(echo->reason);
    char reason[64];

    if (echo->reason == ECHO_ERROR)
        snprintf(reason, sizeof reason, "error:%s", errno_name(echo->code));
    LOG(LOG_LEVEL_INFO, "closed", LOG_NUMBER("id", connection->id),
        LOG_TEXT("listener", connection->listener->settings.name),
        LOG_ESCAPED("peer", *connection->peer ? connection->peer : NULL),
        LOG_NUMBER("received", stream_received(&connection->stream)),
        LOG_NUMBER("returned", stream_returned(&connection->stream)),
        LOG_DURATION("duration", clock_now_ns() - connection->opened_ns),
        LOG_ESCAPED("reason", echo->reason == ECHO_ERROR ? reason : name));
}

static void count_ending(const struct stream *stream, struct counters *counters)
{
    counters->active--;
    counters->received += stream_received(stream);
    counters->returned += stream_returned(stream);
    counters->half_closes += stream->echo.ended;
    counters->stalls += stream->stalls;
    switch ((enum echo_reason)stream->echo.reason) {
    case ECHO_CLIENT_RESET:
        counters->resets++;
        break;
    case ECHO_RESET_AFTER_LINGER:
        counters->cut++;
        break;
    case ECHO_IDLE:
    case ECHO_WRITE_TIMEOUT:
    case ECHO_LIFETIME:
        counters->timeouts++;
        break;
    case ECHO_ERROR:
        counters->errors++;
        break;
    default:
        break;
    }
}

void connection_destroy(struct connection *connection)
{
    struct worker *worker = connection->worker;
    struct admission_ticket ticket = connection->ticket;

    if (log_enabled(LOG_LEVEL_INFO))
        tell_closed(connection);
    count_ending(&connection->stream, &connection->listener->counters[worker->index]);
    *connection->link = connection->next;
    if (connection->next)
        connection->next->link = connection->link;
    if (worker->unasked == connection)
        worker->unasked = NULL;
    loop_forget(&worker->loop, &connection->source);
    /* Bytes that are thrown away must not look like a clean end. */
    if (echo_held(&connection->stream.echo) ||
        connection->stream.echo.reason == ECHO_RESET_AFTER_LINGER)
        io_reset_at_close(connection->stream.fd);
    release_opening(connection);
    stream_release(&connection->stream, &worker->relay.pipes);
    io_close(&connection->stream.fd);
    free(connection);
    roster_ended_one(worker->roster, worker, &ticket);
}

/* Waits for what the rules want next, or closes; whether the connection lives on. */
static bool settle(struct connection *connection, unsigned wants)
{
    unsigned interests;
    int status;

    if (wants & ECHO_CLOSE) {
        connection_destroy(connection);
        return false;
    }
    interests = (wants & (ECHO_RECEIVE | ECHO_DISCARD) ? LOOP_READ : 0u) |
                (wants & (ECHO_RETURN | ECHO_HALF_CLOSE) ? LOOP_WRITE : 0u);
    status = loop_watch(&connection->worker->loop, &connection->source, interests);
    if (status < 0) {
        echo_failed(&connection->stream.echo, ECHO_ERROR, -status);
        connection_destroy(connection);
        return false;
    }
    return true;
}

/* A turn without waiting for its event; whether the connection lives on. */
static bool serve(struct connection *connection)
{
    return settle(connection, relay_turn(&connection->worker->relay, &connection->stream));
}

static void ready(struct loop_source *source, unsigned events)
{
    struct connection *connection = OWNER(source, struct connection, source);
    unsigned wants = relay_turn(&connection->worker->relay, &connection->stream);

    (void)events;
    /* The way of every message: received, returned, nothing changes. */
    if (__builtin_expect(wants == ECHO_RECEIVE && source->watched == LOOP_READ, 1))
        return;
    settle(connection, wants);
}

/* Input is thrown away once all that had come in time is received. */
static void stop_input(struct connection *connection)
{
    struct echo *echo = &connection->stream.echo;

    if (echo->phase == ECHO_OPEN ? (uint32_t)echo->received - connection->stop_at > INT32_MAX
                                 : echo->phase != ECHO_FLUSHING)
        return;
    echo_stop(echo, (enum echo_reason)connection->stop_reason);
    serve(connection);
}

void connection_stop(struct connection *connection, enum echo_reason reason, uint64_t now_ns)
{
    size_t waiting = 0;

    if (connection->is_ending)
        return;
    if (connection->opening) {
        release_opening(connection);
        connection->source.ready = ready;
    } else {
        if (!serve(connection))
            return;
        waiting = io_waiting(connection->stream.fd);
    }
    connection->is_ending = true;
    connection->ending_ns = connection->progress_ns = now_ns;
    connection->stop_reason = (uint8_t)reason;
    connection->stop_at = (uint32_t)(connection->stream.echo.received + waiting);
    LOG(LOG_LEVEL_INFO, "ending", LOG_NUMBER("id", connection->id),
        LOG_ESCAPED("reason", echo_reason_name(reason)));
    worker_need_ticks(connection->worker, now_ns);
    stop_input(connection);
}

static bool passed(uint64_t limit_ns, uint64_t since_ns, uint64_t now_ns)
{
    return limit_ns && now_ns - since_ns >= limit_ns;
}

/* Asks for the bytes that the client has not read, exactly; sent: those returned since the last
 * look. Whether it could be asked: the kernel searches all Unix sockets for one, so a look at many
 * clients that do not read would take seconds. */
static bool ask(struct connection *connection, uint32_t sent, bool *grown)
{
    struct worker *worker = connection->worker;
    ssize_t unread;

    if (connection->unread != UNREAD_UNKNOWN)
        connection->unread += sent;
    if (!worker_may_ask(worker, connection))
        return false;
    unread = sock_diag_unread(&worker->diag, connection->stream.fd);
    if (unread < 0)
        unread = connection->unsent;
    /* Without an earlier answer the doubt is the client's. */
    *grown = connection->unread == UNREAD_UNKNOWN ||
             (int32_t)((uint32_t)unread - connection->unread) < 0;
    connection->unread = (uint32_t)unread;
    return true;
}

/* Progress is a byte that moved either way, or one of its echo that the client has read. The own
 * queue shows that in coarse steps, so where it shows nothing, the kernel is asked for the exact
 * number. False when that is still to be asked, and not known. */
static bool look(struct connection *connection, uint64_t now_ns)
{
    const struct stream *stream = &connection->stream;
    uint32_t returned = (uint32_t)stream->echo.returned;
    uint32_t taken_in = (uint32_t)stream->echo.received + stream->discarded;
    uint32_t sent = returned - connection->returned, before = connection->unsent + sent;
    bool moved = sent || taken_in != connection->taken_in;
    ssize_t unsent = before ? io_unsent(stream->fd) : 0;
    bool known = true, grown = false;

    connection->taken_in = taken_in;
    connection->returned = returned;
    connection->unsent = unsent > 0 ? (uint32_t)unsent : 0;
    if ((int32_t)(connection->unsent - before) < 0) {
        grown = true;
        connection->unread = UNREAD_UNKNOWN;
    } else if (connection->unsent) {
        known = ask(connection, sent, &grown);
    }
    if (moved || grown)
        connection->progress_ns = now_ns;
    if (connection->is_ending)
        return known;
    if (!connection->unsent && !echo_held(&stream->echo))
        connection->taken_ns = 0;
    else if (connection->taken_ns == 0 || grown)
        connection->taken_ns = now_ns;
    return known;
}

/* Whether a limit is reached, and which. known: what the client has read. */
static bool is_over(const struct connection *connection, const struct worker_limits *limits,
                    bool known, uint64_t now_ns, enum echo_reason *reason)
{
    if (connection->is_ending) {
        *reason = ECHO_RESET_AFTER_LINGER;
        return (known && now_ns - connection->progress_ns >= limits->linger_ns) ||
               now_ns - connection->ending_ns >= ENDING_MAX_NS;
    }
    *reason = ECHO_LIFETIME;
    if (passed(limits->lifetime_ns, connection->opened_ns, now_ns))
        return true;
    *reason = ECHO_WRITE_TIMEOUT;
    if (known && connection->taken_ns && passed(limits->write_ns, connection->taken_ns, now_ns))
        return true;
    *reason = ECHO_IDLE;
    return known && passed(limits->idle_ns, connection->progress_ns, now_ns);
}

void connection_tick(struct connection *connection, const struct worker_limits *limits,
                     uint64_t now_ns)
{
    enum echo_reason reason;
    bool known;

    if (connection->opening)
        return;
    known = look(connection, now_ns);
    if (!is_over(connection, limits, known, now_ns, &reason)) {
        if (connection->is_ending)
            stop_input(connection);
        return;
    }
    /* The tick may come late by any time that this thread, the process or the machine stood still.
     * So what has happened at the socket meanwhile is served before it is judged. */
    if (!serve(connection))
        return;
    known = look(connection, now_ns);
    if (!is_over(connection, limits, known, now_ns, &reason))
        return;
    if (!connection->is_ending) {
        connection_stop(connection, reason, now_ns);
        return;
    }
    /* TCP counts our own end as one byte until the client has acknowledged it. */
    echo_give_up(&connection->stream.echo, io_unsent(connection->stream.fd) > 1);
    settle(connection, ECHO_CLOSE);
}
