/* SPDX-License-Identifier: ISC */
#include "bench/shard.h"

int shard_take(struct shard *shard, uint64_t now_ns)
{
    if (shard->stopped || now_ns >= shard->end_ns)
        return 0;
    if (now_ns < shard->measure_ns)
        return 1;
    if (!shard->left)
        return 0;
    shard->left--;
    return 1;
}

uint64_t shard_size(struct shard *shard)
{
    const struct plan *plan = shard->run->plan;
    uint64_t x = shard->random;

    if (plan->size_min == plan->size_max)
        return plan->size_min;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    shard->random = x;
    return plan->size_min + x % (plan->size_max - plan->size_min + 1);
}
