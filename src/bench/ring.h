/* SPDX-License-Identifier: ISC */
/*
 * The bytes that all connections send: generated once, read by all threads. Each connection goes
 * round and round from a place of its own, so that sending copies nothing and comparing is one
 * memcmp(3). The period is a prime: a block of a usual size that is lost, doubled or comes from a
 * neighbour does not fall on equal bytes.
 */
#ifndef BENCH_RING_H
#define BENCH_RING_H

#include <stddef.h>
#include <stdint.h>

#define RING_PERIOD 262139u
#define RING_SPAN   65536u /* so many bytes can be read from any position on */

struct ring {
    unsigned char bytes[RING_PERIOD + RING_SPAN];
};

void ring_fill(struct ring *ring, uint64_t seed);

/* Where a connection begins; different for each of the first RING_PERIOD ones. */
static inline unsigned ring_start(unsigned connection)
{
    return (unsigned)((uint64_t)connection * 7919 % RING_PERIOD);
}

/* The position after so many bytes, at most RING_SPAN. */
static inline unsigned ring_after(unsigned position, size_t length)
{
    position += (unsigned)length;
    return position < RING_PERIOD ? position : position - RING_PERIOD;
}

#endif
