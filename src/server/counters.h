/* SPDX-License-Identifier: ISC */
/* What is counted for one listener by one worker: written by that worker alone; others read it
 * while that one is parked, or what it has summed up (crew.h). */
#ifndef SERVER_COUNTERS_H
#define SERVER_COUNTERS_H

#include <stdint.h>

struct counters {
    _Alignas(64) uint64_t accepted; /* no cache line is shared between workers */
    uint64_t active;
    uint64_t received, returned; /* bytes of closed connections; live ones count themselves */
    uint64_t half_closes;        /* clients that ended their direction */
    uint64_t resets;             /* by the client */
    uint64_t cut;                /* bytes were lost after the linger time */
    uint64_t timeouts;           /* idle, write and lifetime */
    uint64_t errors;             /* connections that ended by another error */
    uint64_t over_limit;         /* refused: connections, source or user over its limit */
    uint64_t pauses;             /* the listener stopped accepting for a while */
    uint64_t accept_errors;
    uint64_t stalls; /* a client did not take all at once */
};

void counters_add(struct counters *sum, const struct counters *part);

#endif
