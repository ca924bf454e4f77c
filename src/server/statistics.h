/* SPDX-License-Identifier: ISC */
/*
 * SIGUSR1: one record for each listener and a total, into the log. Each worker sums up what is its
 * own between two turns, so nobody is parked; the main thread tells it once all have, or with what
 * a worker told before when it is too busy to answer. The totals never go down.
 */
#ifndef SERVER_STATISTICS_H
#define SERVER_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

struct server;

struct statistics {
    struct server *server;
    bool wanted;          /* by a signal that no record has answered yet */
    uint64_t next_ns;     /* the workers are not asked again before */
    uint64_t patience_ns; /* until when to wait for their answers; 0: they are not asked */
};

/* Before the crew starts. */
void statistics_init(struct statistics *statistics, struct server *server);

/* The log is going to tell. */
void statistics_begin(struct statistics *statistics);

/* Does what is due at this time. Returns when more will be, 0: nothing but by an event. */
uint64_t statistics_continue(struct statistics *statistics, uint64_t now_ns);

/* At the end of the service: tells at once, if it is still to tell. */
void statistics_finish(struct statistics *statistics);

#endif
