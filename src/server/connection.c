/* SPDX-License-Identifier: ISC */
#include "server/connection.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/seam.h"
#include "server/worker.h"
#include "transport/io.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Beyond the grace, a client that makes progress but never ends is given this long. */
#define ENDING_MAX_NS (30 * NS_PER_S)

static void ready(struct loop_source *source, unsigned events);
__attribute__((noinline)) static void settle(struct connection *connection, unsigned wants);

struct connection *connection_create(int fd, struct listener *listener,
                                     const struct admission_ticket *ticket, const char *peer,
                                     uint64_t now_ns)
{
    struct connection *connection = seam_allocate(sizeof *connection);

    if (!connection) {
        io_close(&fd);
        return NULL;
    }
    connection->source = (struct loop_source){.ready = ready, .fd = fd};
    stream_init(&connection->stream, fd);
    connection->listener = listener;
    connection->ticket = *ticket;
    connection->opened_ns = connection->progress_ns = now_ns;
    if (peer)
        connection->peer = strdup(peer);
    return connection;
}

void connection_attach(struct connection *connection, struct worker *worker)
{
    int status;

    connection->worker = worker;
    connection->next = worker->connections;
    connection->link = &worker->connections;
    if (connection->next)
        connection->next->link = &connection->next;
    worker->connections = connection;
    connection->listener->counters[worker->index].accepted++;
    connection->listener->counters[worker->index].active++;
    status = loop_watch(&worker->loop, &connection->source, LOOP_READ);
    if (status < 0) {
        echo_failed(&connection->stream.echo, ECHO_ERROR, -status);
        settle(connection, ECHO_CLOSE);
    }
}

static void tell_closed(const struct connection *connection)
{
    const struct echo *echo = &connection->stream.echo;
    const char *name = echo_reason_name(echo->reason);
    char reason[64];

    if (echo->reason == ECHO_ERROR)
        snprintf(reason, sizeof reason, "error:%s", strerrorname_np(echo->code));
    LOG(LOG_LEVEL_INFO, "closed", LOG_NUMBER("id", connection->id),
        LOG_TEXT("listener", connection->listener->settings.name),
        LOG_ESCAPED("peer", connection->peer), LOG_NUMBER("received", echo->received),
        LOG_NUMBER("returned", echo->returned),
        LOG_DURATION("duration", clock_now_ns() - connection->opened_ns),
        LOG_ESCAPED("reason", echo->reason == ECHO_ERROR ? reason : name));
}

static void count_ending(const struct stream *stream, struct counters *counters)
{
    counters->active--;
    counters->received += stream->echo.received;
    counters->returned += stream->echo.returned;
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
    loop_forget(&worker->loop, &connection->source);
    stream_release(&worker->relay, &connection->stream);
    io_close(&connection->stream.fd);
    free(connection->peer);
    free(connection);
    worker_ended_one(worker, &ticket);
}

/* Waits for what the rules want next, or closes. */
static void settle(struct connection *connection, unsigned wants)
{
    unsigned interests;
    int status;

    if (wants & ECHO_CLOSE) {
        connection_destroy(connection);
        return;
    }
    interests = (wants & (ECHO_RECEIVE | ECHO_DISCARD) ? LOOP_READ : 0u) |
                (wants & (ECHO_RETURN | ECHO_HALF_CLOSE) ? LOOP_WRITE : 0u);
    status = loop_watch(&connection->worker->loop, &connection->source, interests);
    if (status < 0) {
        echo_failed(&connection->stream.echo, ECHO_ERROR, -status);
        connection_destroy(connection);
    }
}

static void ready(struct loop_source *source, unsigned events)
{
    struct connection *connection = (void *)((char *)source - offsetof(struct connection, source));
    unsigned wants = relay_turn(&connection->worker->relay, &connection->stream);

    (void)events;
    /* The way of every message: received, returned, nothing changes. */
    if (__builtin_expect(wants == ECHO_RECEIVE && source->watched == LOOP_READ, 1))
        return;
    settle(connection, wants);
}

void connection_stop(struct connection *connection, enum echo_reason reason, uint64_t now_ns)
{
    echo_stop(&connection->stream.echo, reason);
    if (connection->ending_ns == 0) {
        connection->ending_ns = now_ns;
        connection->progress_ns = now_ns;
    }
    worker_need_ticks(connection->worker, now_ns);
    settle(connection, relay_turn(&connection->worker->relay, &connection->stream));
}

static bool passed(uint64_t limit_ns, uint64_t since_ns, uint64_t now_ns)
{
    return limit_ns && now_ns - since_ns >= limit_ns;
}

/* Progress is a byte that moved either way, or one that the client took out of the kernel's queue.
 * The queue is a system call to ask for, so not of those that are silent anyway. */
static void look(struct connection *connection, const struct connection_limits *limits,
                 uint64_t now_ns)
{
    const struct stream *stream = &connection->stream;
    uint64_t mark = stream->echo.received + stream->echo.returned + stream->discarded;
    bool moved = mark != connection->mark;
    ssize_t unsent;

    if (moved)
        connection->progress_ns = now_ns;
    connection->mark = mark;
    if (!moved && !connection->ending_ns && !echo_held(&stream->echo) &&
        !passed(limits->idle_ns, connection->progress_ns, now_ns))
        return;
    unsent = io_unsent(stream->fd);
    if (unsent >= 0 && (uint32_t)unsent < connection->unsent)
        connection->progress_ns = now_ns;
    connection->unsent = unsent < 0 ? 0 : (uint32_t)unsent;
}

void connection_tick(struct connection *connection, const struct connection_limits *limits,
                     uint64_t now_ns)
{
    struct echo *echo = &connection->stream.echo;

    look(connection, limits, now_ns);
    if (connection->ending_ns) {
        if (now_ns - connection->progress_ns >= limits->linger_ns ||
            now_ns - connection->ending_ns >= limits->grace_ns + ENDING_MAX_NS) {
            echo_give_up(echo, connection->unsent > 0);
            settle(connection, ECHO_CLOSE);
        }
        return;
    }
    if (passed(limits->lifetime_ns, connection->opened_ns, now_ns))
        connection_stop(connection, ECHO_LIFETIME, now_ns);
    else if (echo_held(echo) && passed(limits->write_ns, connection->progress_ns, now_ns))
        connection_stop(connection, ECHO_WRITE_TIMEOUT, now_ns);
    else if (passed(limits->idle_ns, connection->progress_ns, now_ns))
        connection_stop(connection, ECHO_IDLE, now_ns);
}
