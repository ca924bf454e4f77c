/* SPDX-License-Identifier: ISC */
#include "server/acceptor.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/owner.h"
#include "base/seam.h"
#include "server/connection.h"
#include "server/roster.h"
#include "transport/credentials.h"
#include "transport/io.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum {
    ACCEPTS_PER_TURN = 16,
    ACCEPTS_PER_DRAIN = 65536, /* more than a backlog holds */
    QUEUE_BOUND_BELOW = 65536, /* the default buffer: larger ones are for throughput */
    SCRAPS_MAX = 16            /* reads of what a client that is turned away has sent */
};

/* accept(2) without a descriptor to give away fails as long as none is free, and epoll reports the
 * socket at once again: without a pause that is a core spent on nothing. */
#define BACK_OFF_NS   (100 * NS_PER_MS)

#define TELL_AGAIN_NS (10 * NS_PER_S)

static const struct admission_ticket no_ticket;

static void pause_port(struct port *port, uint64_t resume_ns)
{
    loop_forget(&port->worker->loop, &port->source);
    port->paused = true;
    port->resume_ns = resume_ns;
    port->listener->counters[port->worker->index].pauses++;
}

bool acceptor_resume(struct worker *worker, uint64_t now_ns)
{
    bool backing_off = false;

    for (size_t i = 0; i < worker->port_count; i++) {
        struct port *port = worker->ports[i];

        if (!port->paused)
            continue;
        if (port->resume_ns
                ? now_ns >= port->resume_ns
                : worker->turn_away || admission_has_place(&worker->roster->admission)) {
            port->paused = loop_watch(&worker->loop, &port->source, LOOP_READ) < 0;
            port->resume_ns = now_ns + BACK_OFF_NS;
        }
        backing_off |= port->paused && port->resume_ns;
    }
    return backing_off;
}

/* A client of a Unix socket is known by its credentials: its name may be anything. */
static const char *peer_text(int fd, const struct address *peer, char *text, size_t size)
{
    struct credentials who;

    if (credentials_read(fd, &who) == 0)
        snprintf(text, size, "uid:%u,gid:%u,pid:%d", who.uid, who.gid, who.pid);
    else
        address_format(peer, text, size);
    return text;
}

/* Refused: closed at once, because whatever waits costs what the limit is there to save. */
static void turn_away(struct port *port, int fd, const struct address *peer,
                      enum admission_verdict verdict)
{
    char text[ADDRESS_TEXT_SIZE];
    unsigned char scrap[4096];

    port->listener->counters[port->worker->index].over_limit++;
    LOG(LOG_LEVEL_WARNING, "refused", LOG_TEXT("listener", port->listener->settings.name),
        LOG_ESCAPED("peer", peer_text(fd, peer, text, sizeof text)),
        LOG_ESCAPED("reason", admission_word(verdict)));
    /* The client shall read an end, not a reset: that takes what it has already sent. */
    if (io_half_close(fd) == 0)
        for (int i = 0; i < SCRAPS_MAX; i++)
            if (io_receive(fd, scrap, sizeof scrap) != sizeof scrap)
                break;
    io_close(&fd);
}

static enum admission_verdict judge(struct admission *admission, int fd, const struct address *peer,
                                    uint64_t now_ns, bool place, struct admission_ticket *ticket)
{
    struct credentials who = {.uid = (uid_t)-1};

    if (admission_wants_user(admission) && credentials_read(fd, &who) < 0)
        who.uid = (uid_t)-1;
    return admission_judge(admission, peer, who.uid, now_ns, place, ticket);
}

/* The client is accepted; place says that its place is taken already. */
static void take_in(struct port *port, int fd, const struct address *peer, bool place)
{
    struct worker *worker = port->worker;
    struct roster *roster = worker->roster;
    struct admission_ticket ticket;
    enum admission_verdict verdict;
    struct connection *connection;
    char text[ADDRESS_TEXT_SIZE];
    const char *name = NULL;
    uint64_t now_ns = clock_now_ns();

    verdict = judge(&roster->admission, fd, peer, now_ns, place, &ticket);
    if (verdict != ADMISSION_WELCOME) {
        if (place)
            roster_leave(roster, &no_ticket);
        turn_away(port, fd, peer, verdict);
        return;
    }
    if (log_enabled(LOG_LEVEL_INFO))
        name = peer_text(fd, peer, text, sizeof text);
    connection = connection_create(fd, port->listener, &ticket, name, now_ns);
    if (!connection) {
        port->listener->counters[worker->index].accept_errors++;
        roster_leave(roster, &ticket);
        return;
    }
    /* Whoever makes the buffer small means all that a client can make us hold. Without it, the
     * kernel's queue is as long as ever. */
    if (worker->relay.size < QUEUE_BOUND_BELOW)
        (void)!io_bound_queue(fd, worker->relay.size);
    connection->id = roster_next_id(roster);
    LOG(LOG_LEVEL_INFO, "accept", LOG_NUMBER("id", connection->id), LOG_NUMBER("fd", (uint64_t)fd),
        LOG_TEXT("listener", port->listener->settings.name), LOG_ESCAPED("peer", name));
    if (!transport_shares_port(&port->listener->settings.endpoint))
        worker = roster_fewest(roster, worker);
    connection_hand_over(connection, worker, port->worker);
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

static enum outcome accept_one(struct port *port, bool place, int *code)
{
    struct address peer;
    int fd;

    /* The flag is shared with whoever else has the socket: a service manager may clear it when it
     * starts another service, and accept(2) would wait for the next client. */
    if (port->socket.is_inherited)
        io_make_nonblocking(port->socket.fd);
    fd = transport_accept(port->socket.fd, &port->address, &peer);
    if (fd >= 0) {
        take_in(port, fd, &peer, place);
        return ACCEPTED;
    }
    *code = -fd;
    if (place)
        roster_leave(port->worker->roster, &no_ticket);
    if (fd != -EAGAIN)
        port->listener->counters[port->worker->index].accept_errors++;
    return classify(-fd);
}

/* What lasts is told once in a while, whatever number of ports it has stopped. */
static void tell_lasting(const char *event, const struct port *port, const char *why,
                         _Atomic uint64_t *told_ns)
{
    uint64_t now_ns = clock_now_ns();
    uint64_t before_ns = atomic_load_explicit(told_ns, memory_order_relaxed);

    if (before_ns && now_ns - before_ns < TELL_AGAIN_NS)
        return;
    if (atomic_compare_exchange_strong_explicit(told_ns, &before_ns, now_ns, memory_order_relaxed,
                                                memory_order_relaxed))
        LOG(LOG_LEVEL_WARNING, event, LOG_TEXT("listener", port->listener->settings.name),
            LOG_TEXT("why", why));
}

void acceptor_ready(struct loop_source *source, unsigned events)
{
    struct port *port = OWNER(source, struct port, source);
    struct worker *worker = port->worker;
    struct roster *roster = worker->roster;
    int code = 0;

    (void)events;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        /* Clients that may wait do so in the backlog, so their place is taken before they are
         * accepted; those that are turned away must not meet a place that is taken for nobody. */
        bool place = !worker->turn_away && admission_enter(&roster->admission, ADMISSION_WAITS);

        if (!place && !worker->turn_away) {
            /* The last place is taken: the next turn shows whether anybody else waits. */
            if (i > 0)
                return;
            tell_lasting("full", port, "limits.connections is reached: clients wait",
                         &roster->full_told_ns);
            pause_port(port, 0);
            return;
        }
        switch (accept_one(port, place, &code)) {
        case ACCEPTED:
        case TRY_AGAIN:
            break;
        case EMPTY:
            return;
        case OUT_OF_RESOURCES:
            tell_lasting("accept-paused", port, strerror(code), &roster->shortage_told_ns);
            pause_port(port, clock_now_ns() + BACK_OFF_NS);
            worker_need_ticks(worker, clock_now_ns());
            return;
        case BROKEN:
            LOG(LOG_LEVEL_ERROR, "listener-broken",
                LOG_TEXT("listener", port->listener->settings.name),
                LOG_TEXT("why", strerror(code)));
            loop_forget(&worker->loop, &port->source);
            atomic_store_explicit(&port->broken, true, memory_order_release);
            loop_wake(roster->main_loop);
            return;
        }
    }
}

bool acceptor_drain(struct port *port, unsigned *count)
{
    int code;

    /* It is left to whoever has it as well, and gets it next. */
    if (port->socket.is_inherited)
        return true;
    /* So that none can slip in behind the last accept; TCP has no such thing. */
    if (transport_ends_queue(&port->listener->settings.endpoint) &&
        seam_shutdown(port->socket.fd, SHUT_RD) < 0)
        return true;
    for (int i = 0; i < ACCEPTS_PER_DRAIN; i++) {
        admission_enter(&port->worker->roster->admission, ADMISSION_ENTERS);
        switch (accept_one(port, true, &code)) {
        case ACCEPTED:
            (*count)++;
            break;
        case TRY_AGAIN:
            break;
        case OUT_OF_RESOURCES:
            return false;
        default:
            return true;
        }
    }
    return true;
}
