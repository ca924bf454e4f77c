/* SPDX-License-Identifier: ISC */
#include "client/flight.h"

void flight_begin(struct flight *flight, uint64_t first_seq)
{
    flight->first_seq = first_seq;
    flight->sent = flight->answered = flight->overdue = flight->reported = 0;
}

void flight_send(struct flight *flight, uint64_t now_ns)
{
    flight->sent_ns[flight->sent++ % FLIGHT_MAX] = now_ns;
}

bool flight_is_full(const struct flight *flight)
{
    return flight->sent - flight->answered >= FLIGHT_MAX;
}

uint64_t flight_seq(const struct flight *flight)
{
    return flight->first_seq + flight->answered;
}

bool flight_answer(struct flight *flight, uint64_t now_ns, uint64_t *time_ns)
{
    bool waiting = flight->answered == flight->overdue;

    *time_ns = now_ns - flight->sent_ns[flight->answered++ % FLIGHT_MAX];
    if (waiting)
        flight->overdue = flight->answered;
    return waiting;
}

void flight_expire(struct flight *flight, uint64_t now_ns, uint64_t timeout_ns)
{
    while (flight_waiting(flight) && now_ns >= flight_due_ns(flight, timeout_ns))
        flight->overdue++;
}

uint64_t flight_waiting(const struct flight *flight)
{
    return flight->sent - flight->overdue;
}

uint64_t flight_due_ns(const struct flight *flight, uint64_t timeout_ns)
{
    return flight->sent_ns[flight->overdue % FLIGHT_MAX] + timeout_ns;
}

uint64_t flight_outstanding(struct flight *flight)
{
    if (flight->reported < flight->answered)
        flight->reported = flight->answered;
    return flight->reported < flight->sent ? flight->first_seq + flight->reported++ : 0;
}
