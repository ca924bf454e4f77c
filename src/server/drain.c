/* SPDX-License-Identifier: ISC */
#include "server/drain.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/acceptor.h"
#include "server/connection.h"
#include "server/server.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

/* How often queued clients are asked for again that found no descriptor. */
#define DRAIN_AGAIN_NS (100 * NS_PER_MS)

bool drain_listener(struct server *server, struct listener *listener, unsigned *count)
{
    bool emptied = true;

    crew_unwatch(&server->crew, listener);
    for (size_t i = 0; i < listener->port_count; i++) {
        struct port *port = &listener->ports[i];

        if (port->socket.fd < 0)
            continue;
        if (port->handed_over) { /* and so is who is queued */
            listener_close_port(port);
            continue;
        }
        /* Closed right after the last accept: the time in between loses clients on TCP. */
        if (acceptor_drain(port, count))
            listener_close_port(port);
        else
            emptied = false;
    }
    return emptied;
}

/* Workers are parked. Without descriptors some clients stay queued, and their ports open. */
static unsigned drain_listeners(struct drain *drain, struct server *server)
{
    unsigned count = 0;

    drain->again_ns = 0;
    for (struct listener *one = server->listeners; one; one = one->next)
        if (!drain_listener(server, one, &count))
            drain->again_ns = clock_now_ns() + DRAIN_AGAIN_NS;
    return count;
}

void drain_begin(struct drain *drain, struct server *server)
{
    uint64_t grace_ns = server->settings.shutdown.grace_ns;
    unsigned queued;

    /* While the crew runs: the file system may take its time. */
    for (struct listener *one = server->listeners; one; one = one->next)
        listener_remove_paths(one);
    crew_park(&server->crew);
    drain->begun = true;
    queued = drain_listeners(drain, server);
    drain->deadline_ns = clock_now_ns() + grace_ns;
    drain->connections = roster_active(&server->crew.roster);
    atomic_store_explicit(&server->crew.roster.draining, true, memory_order_release);
    crew_resume(&server->crew);

    LOG(LOG_LEVEL_NOTICE, "draining", LOG_NUMBER("connections", drain->connections),
        LOG_NUMBER("queued", queued), LOG_DURATION("grace", grace_ns));
    if (isatty(STDERR_FILENO) && drain->connections) {
        char text[96];

        snprintf(text, sizeof text, "draining %u connection%s, up to %g s; ^C again ends now\n",
                 drain->connections, drain->connections == 1 ? "" : "s",
                 (double)grace_ns / (double)NS_PER_S);
        log_for_person(text);
    }
}

/* Clients that were queued when descriptors had run out: perhaps there are some now. */
static void drain_again(struct drain *drain, struct server *server)
{
    crew_park(&server->crew);
    drain->connections += drain_listeners(drain, server);
    crew_resume(&server->crew);
}

/* The grace is over: the rest is ended, each with what it has received returned. */
static void cut_drain(struct drain *drain, struct server *server)
{
    uint64_t now_ns = clock_now_ns();

    if (drain->again_ns)
        LOG(LOG_LEVEL_WARNING, "backlog-lost",
            LOG_TEXT("why", "no descriptors for clients that wait"));
    drain->deadline_ns = 0;
    drain->again_ns = 0;
    crew_park(&server->crew);
    for (struct listener *one = server->listeners; one; one = one->next)
        listener_close_ports(one);
    for (unsigned i = 0; i < server->crew.roster.count; i++) {
        struct connection *connection = server->crew.roster.workers[i].connections, *next;

        for (; connection; connection = next) {
            next = connection->next;
            drain->cut++;
            connection_stop(connection, ECHO_DRAIN, now_ns);
        }
    }
    crew_resume(&server->crew);
}

uint64_t drain_continue(struct drain *drain, struct server *server, uint64_t now_ns)
{
    if (drain->deadline_ns && now_ns >= drain->deadline_ns)
        cut_drain(drain, server);
    if (drain->again_ns && now_ns >= drain->again_ns)
        drain_again(drain, server);
    if (drain->again_ns && drain->again_ns < drain->deadline_ns)
        return drain->again_ns;
    return drain->deadline_ns;
}

bool drain_finished(const struct drain *drain, struct server *server)
{
    return drain->begun && !drain->again_ns && roster_active(&server->crew.roster) == 0;
}

void drain_tell(struct drain *drain, struct server *server, bool by_force)
{
    /* Past the grace, all that were left have been counted. */
    if (by_force && drain->deadline_ns)
        drain->cut = roster_active(&server->crew.roster);
    LOG(LOG_LEVEL_NOTICE, "drained", LOG_NUMBER("finished", drain->connections - drain->cut),
        LOG_NUMBER("cut", drain->cut));
}
