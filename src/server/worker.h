/* SPDX-License-Identifier: ISC */
/*
 * One thread with one loop. It alone touches its connections and ports while it runs.
 *
 * The main thread changes anything (reload, drain, statistics) only while every worker is parked
 * between two turns: so nothing is locked per message, and those parts read as if there were one
 * thread. What may be called from other threads says so.
 */
#ifndef SERVER_WORKER_H
#define SERVER_WORKER_H

#include "base/loop.h"
#include "server/connection.h"
#include "server/relay.h"
#include "transport/sock_diag.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct crew;

struct worker {
    struct loop loop;
    struct relay relay;
    struct sock_diag diag;
    struct connection *connections;
    struct connection *unasked; /* the first that worker_may_ask refused in this tick */
    struct connection_limits limits;
    struct crew *crew;
    struct port **ports; /* those it accepts on */
    size_t port_count;
    uint64_t busy_poll_ns;
    uint64_t tick_ns; /* when the timers are looked at next; 0: nothing to time */
    uint64_t ask_until_ns;
    unsigned index;
    unsigned active; /* connections; atomic: others compare it to choose a worker */
    bool attention;  /* atomic: the crew wants something before the next turn */
    bool turn_away;  /* when full: close new connections instead of letting them wait */
    pthread_t thread;
    pthread_mutex_t inbox_lock;
    struct connection *inbox; /* connections that another worker accepted for this one */
};

/* All workers and what they share. */
struct crew {
    struct worker *workers;
    unsigned count, started; /* of the workers; those that have their thread */
    struct admission admission;
    struct loop *main_loop; /* woken when draining and a connection ends, or a port breaks */
    uint64_t next_id;       /* atomic */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned parked;
    bool park, quit;
    bool draining;                           /* atomic */
    uint64_t full_told_ns, shortage_told_ns; /* atomic: when the log last said so */
};

/* Prepares count workers, not running yet. capacity: the most connections that can ever be open. */
int crew_init(struct crew *crew, unsigned count, size_t buffer, unsigned capacity,
              unsigned pipe_limit, struct loop *main_loop, struct reason *why) MUST_CHECK;
/* Starts the threads (signals blocked in them). */
int crew_start(struct crew *crew, struct reason *why) MUST_CHECK;
/* Between park and resume no worker runs. */
void crew_park(struct crew *crew);
void crew_resume(struct crew *crew);
/* Ends the threads after their turn, closes every connection. */
void crew_release(struct crew *crew);
/* Connections of all workers; any thread. */
unsigned crew_active(struct crew *crew);

/* Sets the buffer of all workers; changes none on failure. Parked or not started. */
int crew_set_buffer(struct crew *crew, size_t size, struct reason *why) MUST_CHECK;

/* Begins or ends to accept on a listener's ports. Parked or not started. */
int crew_watch(struct crew *crew, struct listener *listener, struct reason *why) MUST_CHECK;
void crew_unwatch(struct crew *crew, struct listener *listener);

/* From the worker's own thread. */
void worker_need_ticks(struct worker *worker, uint64_t now_ns);
/* Whether a tick has time for a question about this connection; if not, the next begins with it. */
bool worker_may_ask(struct worker *worker, struct connection *connection);
void worker_ended_one(struct worker *worker, const struct admission_ticket *ticket);
/* From any thread: gives a place back; every worker looks at its paused ports if somebody waits. */
void crew_leave(struct crew *crew, const struct admission_ticket *ticket);
/* Gives a connection to the worker that accepted it or, when it may choose, to the one with the
 * fewest. */
void crew_hand_over(struct crew *crew, struct connection *connection, struct worker *accepting,
                    bool choose);

#endif
