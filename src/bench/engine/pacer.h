/* SPDX-License-Identifier: ISC */
/*
 * When the messages of an open loop are due. Pure: it knows no clock, so that what a slow server or
 * a late generator does cannot move the schedule.
 */
#ifndef ENGINE_PACER_H
#define ENGINE_PACER_H

#include <stdint.h>

enum pacer_arrival {
    PACER_UNIFORM, /* message k is due at start + k / rate */
    PACER_POISSON  /* independent arrivals: exponential gaps with the mean 1 / rate */
};

struct pacer {
    enum pacer_arrival arrival;
    uint64_t start_ns;
    uint64_t rate;        /* messages per second of all threads */
    uint64_t index, step; /* uniform: this thread sends the messages index, index + step, ... */
    uint64_t random;
    double elapsed_ns; /* poisson: since start */
    uint64_t next_ns;
};

/* The share of thread index of step threads in rate messages per second, which is at least 1. The
 * uniform shares make up one evenly spaced schedule; Poisson shares of different seeds add up to a
 * Poisson process by nature. */
void pacer_init(struct pacer *pacer, enum pacer_arrival arrival, uint64_t start_ns, uint64_t rate,
                uint64_t index, uint64_t step, uint64_t seed);

/* When the next message is due, in nanoseconds of the caller's clock. */
static inline uint64_t pacer_next(const struct pacer *pacer)
{
    return pacer->next_ns;
}

/* How many messages, from the next one on, are due in [from_ns, until_ns): for independent
 * arrivals, which were not drawn yet, how many are to be expected. */
uint64_t pacer_count(const struct pacer *pacer, uint64_t from_ns, uint64_t until_ns);

/* That message is taken: on to the one after it. Never goes back in time. */
void pacer_advance(struct pacer *pacer);

#endif
