/* SPDX-License-Identifier: ISC */
/* The end of the service: nobody new, and everybody who is in may finish within the grace. On the
 * main thread. */
#ifndef SERVER_DRAIN_H
#define SERVER_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

struct server;
struct listener;

struct drain {
    bool begun;
    uint64_t deadline_ns; /* end of the grace; 0 once the rest was told to end */
    uint64_t again_ns;    /* when to ask again for queued clients; 0: none are left */
    unsigned connections; /* that were open, or queued, when it began */
    unsigned cut;         /* of these, ended by us */
};

/* Takes in who is queued, closes the listeners, lets the connections go on. */
void drain_begin(struct drain *drain, struct server *server);

/* Does what is due at this time. Returns when more will be, 0: nothing but by an event. */
uint64_t drain_continue(struct drain *drain, struct server *server, uint64_t now_ns);

/* Whether every connection has ended. */
bool drain_finished(const struct drain *drain, struct server *server);

/* The line that counts; by_force: the rest is closed now. */
void drain_tell(struct drain *drain, struct server *server, bool by_force);

/* For one listener, workers parked: takes in who is queued and closes each socket that has nobody
 * left. Adds to *count those taken in; false: some are left because descriptors ran out. */
bool drain_listener(struct server *server, struct listener *listener, unsigned *count);

#endif
