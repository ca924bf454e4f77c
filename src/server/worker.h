/* SPDX-License-Identifier: ISC */
/*
 * One desk: a loop, the connections that it serves, and an inbox for those that another worker
 * accepted for it. One thread at a time touches it: its own, or the main thread while it is
 * parked. What may be called from other threads says so.
 */
#ifndef SERVER_WORKER_H
#define SERVER_WORKER_H

#include "base/clock.h"
#include "base/loop.h"
#include "base/reason.h"
#include "base/timer.h"
#include "server/relay.h"
#include "transport/sock_diag.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct connection;
struct port;
struct roster;

/* Coarse timers: one look at all connections for each tick, none when nothing is timed. */
#define WORKER_TICK_NS (100 * NS_PER_MS)

/* What the clients of a worker are held to; from the settings. */
struct worker_limits {
    uint64_t idle_ns, write_ns, lifetime_ns; /* 0 = never */
    uint64_t linger_ns;
};

struct worker {
    struct loop loop;
    struct relay relay;
    struct sock_diag diag;
    struct connection *connections;
    struct connection *unasked; /* the first that worker_may_ask refused in this tick */
    struct worker_limits limits;
    struct roster *roster;
    struct port **ports; /* those it accepts on */
    size_t port_count;
    uint64_t busy_poll_ns;
    struct timer_heap timers;
    struct timer tick; /* of these: when all connections are looked at next */
    uint64_t ask_until_ns;
    uint64_t fresh_ns; /* of the last event, while polling */
    unsigned index;
    _Atomic unsigned active; /* connections; others compare it to choose a worker */
    _Atomic bool attention;  /* something is wanted before the next turn */
    _Atomic bool asked;      /* to sum up (crew.h), and not yet done so */
    bool turn_away;          /* when full: close new connections instead of letting them wait */
    pthread_t thread;
    pthread_mutex_t inbox_lock;
    struct connection *inbox; /* connections that another worker accepted for this one */
};

int worker_init(struct worker *worker, unsigned index, struct roster *roster, size_t buffer,
                unsigned pipe_limit, struct reason *why) MUST_CHECK;
/* No connection may be left. */
void worker_release(struct worker *worker);

/* Any thread: ends its wait, so that it attends to what it is called for. */
void worker_call(struct worker *worker);

/* Any thread: puts a connection into the inbox and calls the worker. next: the connection's member
 * for lists. */
void worker_put(struct worker *worker, struct connection *connection, struct connection **next);
/* Empties the inbox: the list of what was in it. */
struct connection *worker_take(struct worker *worker);

/* All connections are looked at again soon. */
void worker_need_ticks(struct worker *worker, uint64_t now_ns);
/* Whether a tick has time for a question about this connection; if not, the next begins with it. */
bool worker_may_ask(struct worker *worker, struct connection *connection);

#endif
