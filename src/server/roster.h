/* SPDX-License-Identifier: ISC */
/* What the workers share. Any thread may call these functions while the workers run. */
#ifndef SERVER_ROSTER_H
#define SERVER_ROSTER_H

#include "server/admission.h"
#include "server/worker.h"

#include <stdbool.h>
#include <stdint.h>

struct roster {
    struct worker *workers;
    unsigned count;
    struct admission admission;
    struct loop *main_loop;  /* woken when a worker has summed up, when draining and a connection
                                ends, and when a port breaks */
    const char *server_name; /* of the settings in force; changes while the workers are parked */
    _Atomic uint64_t next_id;
    _Atomic bool draining;
    _Atomic uint64_t full_told_ns, shortage_told_ns; /* when the log last said so */
};

/* Prepares count workers. capacity: the most connections that can ever be open. On failure it is
 * released as after a success. */
int roster_init(struct roster *roster, unsigned count, size_t buffer, unsigned capacity,
                unsigned pipe_limit, struct loop *main_loop, struct reason *why) MUST_CHECK;
/* No worker may run any more, and no connection may be left. */
void roster_release(struct roster *roster);

/* Connections of all workers. */
unsigned roster_active(struct roster *roster);

/* The number of the next connection in the log. */
uint64_t roster_next_id(struct roster *roster);

/* The worker with the fewest connections, this one if it is one of them. */
struct worker *roster_fewest(struct roster *roster, struct worker *preferred);

/* Gives a place back; every worker looks at its paused ports if somebody waits. */
void roster_leave(struct roster *roster, const struct admission_ticket *ticket);

/* A connection of this worker is gone. */
void roster_ended_one(struct roster *roster, struct worker *worker,
                      const struct admission_ticket *ticket);

#endif
