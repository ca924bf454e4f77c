/* SPDX-License-Identifier: ISC */
#include "bench/engine/pacer.h"

#include "base/clock.h"
#include "base/wide.h"

#include <math.h>

/* xorshift64*, the upper 53 bits: uniform in (0, 1]. */
static double random_fraction(struct pacer *pacer)
{
    uint64_t x = pacer->random;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    pacer->random = x;
    return (double)(((x * UINT64_C(0x2545f4914f6cdd1d)) >> 11) + 1) / (double)(UINT64_C(1) << 53);
}

static void schedule(struct pacer *pacer)
{
    if (pacer->arrival == PACER_UNIFORM) {
        /* From the index and not by adding gaps: a rate that does not divide a second must not
         * drift. */
        pacer->next_ns = pacer->start_ns + wide_scale(pacer->index, NS_PER_S, pacer->rate);
        return;
    }
    pacer->elapsed_ns -=
        log(random_fraction(pacer)) * (double)NS_PER_S * (double)pacer->step / (double)pacer->rate;
    pacer->next_ns = pacer->start_ns + (uint64_t)pacer->elapsed_ns;
}

void pacer_init(struct pacer *pacer, enum pacer_arrival arrival, uint64_t start_ns, uint64_t rate,
                uint64_t index, uint64_t step, uint64_t seed)
{
    *pacer = (struct pacer){.arrival = arrival,
                            .start_ns = start_ns,
                            .rate = rate,
                            .index = index,
                            .step = step,
                            .random = (seed + index + 1) * UINT64_C(0x9e3779b97f4a7c15)};
    if (!pacer->random)
        pacer->random = 1;
    schedule(pacer);
}

/* How many of this thread's messages up to its next one, and of all after it, are due before then:
 * k / rate < elapsed for the first elapsed * rate, rounded up. */
static uint64_t due_before(const struct pacer *pacer, uint64_t ns)
{
    uint64_t elapsed_ns = ns > pacer->start_ns ? ns - pacer->start_ns : 0;
    uint64_t all = wide_scale_up(elapsed_ns, pacer->rate, NS_PER_S);

    return all > pacer->index ? (all - pacer->index + pacer->step - 1) / pacer->step : 0;
}

uint64_t pacer_count(const struct pacer *pacer, uint64_t from_ns, uint64_t until_ns)
{
    if (from_ns < pacer->next_ns)
        from_ns = pacer->next_ns;
    if (until_ns <= from_ns)
        return 0;
    if (pacer->arrival == PACER_UNIFORM)
        return due_before(pacer, until_ns) - due_before(pacer, from_ns);
    return (from_ns == pacer->next_ns) +
           (uint64_t)((double)(until_ns - from_ns) / (double)NS_PER_S * (double)pacer->rate /
                      (double)pacer->step);
}

void pacer_advance(struct pacer *pacer)
{
    pacer->index += pacer->step;
    schedule(pacer);
}
