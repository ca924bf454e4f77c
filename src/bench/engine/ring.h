/* SPDX-License-Identifier: ISC */
/*
 * The bytes that all connections of a run send: generated before it, read by all threads. Each
 * connection goes round and round from a place of its own, so that sending copies nothing and
 * comparing is one memcmp(3). The period is a prime: a block of a usual size that is lost, doubled
 * or comes from a neighbour does not fall on equal bytes.
 */
#ifndef ENGINE_RING_H
#define ENGINE_RING_H

#include "measure/pattern.h"

#include <stddef.h>
#include <stdint.h>

#define RING_PERIOD 262139u
#define RING_SPAN   65536u /* so many bytes can be read from any position on */
#define RING_STEP   162011u

struct ring {
    unsigned char bytes[RING_PERIOD + RING_SPAN];
};

void ring_fill(struct ring *ring, const struct pattern *pattern);

/* Where a connection begins; different for any RING_PERIOD connections in a row. The step is the
 * golden section of the period: the places of the connections that were opened one after another
 * are spread out as evenly as can be, so their streams do not overlap for long. */
static inline unsigned ring_start(uint64_t connection)
{
    return (unsigned)(connection % RING_PERIOD * RING_STEP % RING_PERIOD);
}

/* Where such bytes, at most RING_SPAN, begin in the ring; RING_PERIOD when nowhere. Searches all of
 * it: not for each message. */
unsigned ring_find(const struct ring *ring, const void *bytes, size_t length);

/* The position after so many bytes, at most RING_SPAN. */
static inline unsigned ring_after(unsigned position, size_t length)
{
    position += (unsigned)length;
    return position < RING_PERIOD ? position : position - RING_PERIOD;
}

#endif
