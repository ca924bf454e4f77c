/* SPDX-License-Identifier: ISC */
#include "bench/engine/shard.h"

uint64_t shard_size(struct shard *shard)
{
    const struct plan *plan = shard->plan;
    uint64_t x = shard->random;

    if (plan->size_min == plan->size_max)
        return plan->size_min;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    shard->random = x;
    return plan->size_min + x % (plan->size_max - plan->size_min + 1);
}
