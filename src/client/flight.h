/* SPDX-License-Identifier: ISC */
/* The pings of one connection whose answers have not come. They follow each other in its stream, so
 * the place of a byte says whose answer it belongs to: a late one is never taken for the next
 * one's. Pure: the time is a parameter. */
#ifndef CLIENT_FLIGHT_H
#define CLIENT_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

/* A power of two. */
#define FLIGHT_MAX 4096

struct flight {
    uint64_t sent_ns[FLIGHT_MAX];
    uint64_t first_seq; /* of the first ping on this connection */
    uint64_t sent;      /* pings begun on it */
    uint64_t answered;  /* of those; the rest is waited for, in this order */
    uint64_t overdue;   /* the ones before this are answered or have waited too long */
    uint64_t reported;  /* ... or were reported as outstanding */
};

/* None on a connection of which the first ping will have this number. */
void flight_begin(struct flight *flight, uint64_t first_seq);

/* One more, unless the flight is full. */
void flight_send(struct flight *flight, uint64_t now_ns);
bool flight_is_full(const struct flight *flight);

/* The number of the ping that is answered next. */
uint64_t flight_seq(const struct flight *flight);

/* Its answer has come, after *time_ns. Whether it was not overdue. */
bool flight_answer(struct flight *flight, uint64_t now_ns, uint64_t *time_ns);

/* Pings that have waited for timeout_ns become overdue, until their answer comes after all. */
void flight_expire(struct flight *flight, uint64_t now_ns, uint64_t timeout_ns);

/* How many are neither answered nor overdue, and when the first of them becomes overdue (if any).
 */
uint64_t flight_waiting(const struct flight *flight);
uint64_t flight_due_ns(const struct flight *flight, uint64_t timeout_ns);

/* The number of the next ping that is unanswered and was not returned by this function before; 0:
 * there is none. */
uint64_t flight_outstanding(struct flight *flight);

#endif
