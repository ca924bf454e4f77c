/* SPDX-License-Identifier: ISC */
/*
 * The threads, one for each worker. A worker's thread alone touches its connections and ports while
 * it runs.
 *
 * The main thread changes anything (reload, drain) only while every worker is parked between two
 * turns: so nothing is locked per message, and those parts read as if there were one thread.
 */
#ifndef SERVER_CREW_H
#define SERVER_CREW_H

#include "server/listener.h"
#include "server/roster.h"

#include <pthread.h>
#include <stdbool.h>

struct crew {
    struct roster roster;
    unsigned started; /* workers that have their thread */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned parked;
    bool park, quit;
    /* What a worker does that is asked, on its own thread. Set before crew_start. */
    void (*sum_up)(const struct crew *crew, const struct worker *worker);
};

/* Prepares count workers, not running yet. capacity: the most connections that can ever be open. */
int crew_init(struct crew *crew, unsigned count, size_t buffer, unsigned capacity,
              unsigned pipe_limit, struct loop *main_loop, struct reason *why) MUST_CHECK;
/* Starts the threads (signals blocked in them). Each takes turns until crew_release. */
int crew_start(struct crew *crew, struct reason *why) MUST_CHECK;
/* One turn of a worker that has no thread, without waiting: its timers, what its loop has, what it
 * is called for. The number of events, or a negative errno when its loop is broken. */
int crew_turn(struct worker *worker) MUST_CHECK;
/* Between park and resume no worker runs. */
void crew_park(struct crew *crew);
void crew_resume(struct crew *crew);
/* Has each worker sum up between two turns, and the main loop woken after each; one that is still
 * to answer is not asked again. Whoever is parked has answered. */
void crew_ask(struct crew *crew);
/* Whether this worker has: what it sums up is read only then. */
bool crew_has_answered(const struct worker *worker);

/* Ends the threads after their turn, closes every connection. */
void crew_release(struct crew *crew);

/* Sets the buffer of all workers; changes none on failure. Parked or not started. */
int crew_set_buffer(struct crew *crew, size_t size, struct reason *why) MUST_CHECK;

/* Begins or ends to accept on a listener's ports. Parked or not started. */
int crew_watch(struct crew *crew, struct listener *listener, struct reason *why) MUST_CHECK;
void crew_unwatch(struct crew *crew, struct listener *listener);

#endif
