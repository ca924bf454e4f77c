/* SPDX-License-Identifier: ISC */
#include "bench/ring.h"

#include "measure/pattern.h"

#include <string.h>

void ring_fill(struct ring *ring, uint64_t seed)
{
    struct pattern pattern;

    pattern_init(&pattern, seed, 0);
    pattern_fill(&pattern, 0, ring->bytes, RING_PERIOD);
    memcpy(ring->bytes + RING_PERIOD, ring->bytes, RING_SPAN);
}
