/* SPDX-License-Identifier: ISC */
#include "bench/engine/ring.h"

#include <string.h>

void ring_fill(struct ring *ring, const struct pattern *pattern)
{
    pattern_fill(pattern, 0, ring->bytes, RING_PERIOD);
    memcpy(ring->bytes + RING_PERIOD, ring->bytes, RING_SPAN);
}

unsigned ring_find(const struct ring *ring, const void *bytes, size_t length)
{
    const unsigned char *found = memmem(ring->bytes, RING_PERIOD + length - 1, bytes, length);

    return found ? (unsigned)(found - ring->bytes) : RING_PERIOD;
}
