/* SPDX-License-Identifier: ISC */
#include "server/acceptor.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/seam.h"
#include "server/worker.h"
#include "transport/io.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { ACCEPTS_PER_TURN = 16 };

/* accept(2) without a descriptor to give away fails as long as none is free, and epoll reports the
 * socket at once again: without a pause that is a core spent on nothing. */
#define BACK_OFF_NS (100 * NS_PER_MS)

static const struct admission_ticket no_ticket;

static void pause_port(struct port *port, uint64_t resume_ns)
{
    loop_forget(&port->worker->loop, &port->source);
    port->paused = true;
    port->resume_ns = resume_ns;
    port->listener->counters[port->worker->index].pauses++;
}

bool acceptor_resume(struct worker *worker, bool place, uint64_t now_ns)
{
    bool backing_off = false;

    for (size_t i = 0; i < worker->port_count; i++) {
        struct port *port = worker->ports[i];

        if (!port->paused)
            continue;
        if (place || (port->resume_ns && now_ns >= port->resume_ns))
            port->paused = loop_watch(&worker->loop, &port->source, LOOP_READ) < 0;
        backing_off |= port->paused && port->resume_ns;
    }
    return backing_off;
}

/* Over a limit: closed at once, because whatever waits costs what the limit is there to save. */
static void turn_away(struct port *port, int fd, const struct address *peer)
{
    char text[ADDRESS_TEXT_SIZE];
    unsigned char scrap[4096];

    port->listener->counters[port->worker->index].over_limit++;
    LOG(LOG_LEVEL_WARNING, "refused", LOG_TEXT("listener", port->listener->settings.name),
        LOG_ESCAPED("peer", address_format(peer, text, sizeof text)),
        LOG_ESCAPED("reason", echo_reason_name(ECHO_OVER_LIMIT)));
    /* The client shall read an end, not a reset: that takes what it has already sent. */
    if (io_half_close(fd) == 0)
        while (io_receive(fd, scrap, sizeof scrap) == sizeof scrap)
            continue;
    io_close(&fd);
}

static const char *peer_text(int fd, const struct address *peer, char *text, size_t size)
{
    struct transport_credentials who;

    if (transport_credentials(fd, &who) == 0)
        snprintf(text, size, "uid:%u,gid:%u,pid:%d", who.uid, who.gid, who.pid);
    else
        address_format(peer, text, size);
    return text;
}

/* The place is taken, the client accepted. */
static void take_in(struct port *port, int fd, const struct address *peer)
{
    struct worker *worker = port->worker;
    struct crew *crew = worker->crew;
    struct transport_credentials who = {.uid = (uid_t)-1};
    struct admission_ticket ticket;
    struct connection *connection;
    char text[ADDRESS_TEXT_SIZE];
    const char *name = NULL;
    uint64_t now_ns = clock_now_ns();

    if (admission_wants_user(&crew->admission) && transport_credentials(fd, &who) < 0)
        who.uid = (uid_t)-1;
    if (!admission_check(&crew->admission, peer, who.uid, now_ns, &ticket)) {
        turn_away(port, fd, peer);
        crew_leave(crew, &no_ticket);
        return;
    }
    if (log_enabled(LOG_LEVEL_INFO))
        name = peer_text(fd, peer, text, sizeof text);
    connection = connection_create(fd, port->listener, &ticket, name, now_ns);
    if (!connection) {
        port->listener->counters[worker->index].accept_errors++;
        crew_leave(crew, &ticket);
        return;
    }
    connection->id = __atomic_add_fetch(&crew->next_id, 1, __ATOMIC_RELAXED);
    LOG(LOG_LEVEL_INFO, "accept", LOG_NUMBER("id", connection->id), LOG_NUMBER("fd", (uint64_t)fd),
        LOG_TEXT("listener", port->listener->settings.name), LOG_ESCAPED("peer", name));
    crew_hand_over(crew, connection, worker,
                   port->listener->settings.endpoint.kind != ENDPOINT_TCP);
}

enum outcome { ACCEPTED, TRY_AGAIN, EMPTY, OUT_OF_RESOURCES, BROKEN };

static enum outcome classify(int code)
{
    switch (code) {
    case EAGAIN:
        return EMPTY;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        return OUT_OF_RESOURCES;
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
    case EFAULT:
        return BROKEN;
    default: /* that one client is gone, or its network: accept(2) lists them */
        return TRY_AGAIN;
    }
}

static enum outcome accept_one(struct port *port, int *code)
{
    struct address peer;
    int fd = transport_accept(port->socket.fd, &peer);

    if (fd >= 0) {
        take_in(port, fd, &peer);
        return ACCEPTED;
    }
    *code = -fd;
    crew_leave(port->worker->crew, &no_ticket);
    if (fd != -EAGAIN)
        port->listener->counters[port->worker->index].accept_errors++;
    return classify(-fd);
}

static void tell(enum log_level level, const char *event, const struct port *port, int code)
{
    LOG(level, event, LOG_TEXT("listener", port->listener->settings.name),
        LOG_TEXT("why", strerror(code)));
}

/* Full, and the setting is to turn clients away rather than to let them wait. */
static bool turn_next_away(struct port *port)
{
    struct address peer;
    int fd = transport_accept(port->socket.fd, &peer);

    if (fd < 0)
        return false;
    turn_away(port, fd, &peer);
    return true;
}

void acceptor_ready(struct loop_source *source, unsigned events)
{
    struct port *port = (struct port *)((char *)source - offsetof(struct port, source));
    struct worker *worker = port->worker;
    int code = 0;

    (void)events;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        if (!admission_enter(&worker->crew->admission, false)) {
            if (worker->turn_away && turn_next_away(port))
                continue;
            if (!worker->turn_away)
                pause_port(port, 0);
            return;
        }
        switch (accept_one(port, &code)) {
        case ACCEPTED:
        case TRY_AGAIN:
            break;
        case EMPTY:
            return;
        case OUT_OF_RESOURCES:
            tell(LOG_LEVEL_WARNING, "accept-paused", port, code);
            admission_wait(&worker->crew->admission);
            pause_port(port, clock_now_ns() + BACK_OFF_NS);
            worker_need_ticks(worker, clock_now_ns());
            return;
        case BROKEN:
            tell(LOG_LEVEL_ERROR, "listener-broken", port, code);
            loop_forget(&worker->loop, &port->source);
            return;
        }
    }
}

unsigned acceptor_drain(struct port *port)
{
    unsigned count = 0;
    int code;

    /* After it a Unix socket refuses new connections, so none can slip in behind the last accept;
     * TCP has no such thing. */
    if (address_family(&port->address) == AF_UNIX && seam_shutdown(port->socket.fd, SHUT_RD) < 0)
        return 0;
    for (;;) {
        admission_enter(&port->worker->crew->admission, true);
        switch (accept_one(port, &code)) {
        case ACCEPTED:
            count++;
            break;
        case TRY_AGAIN:
            break;
        default:
            return count;
        }
    }
}
