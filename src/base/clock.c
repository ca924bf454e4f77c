/* SPDX-License-Identifier: ISC */
#include "base/clock.h"

#include <limits.h>
#include <time.h>

uint64_t clock_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t clock_earlier_ns(uint64_t a_ns, uint64_t b_ns)
{
    return a_ns && (!b_ns || a_ns < b_ns) ? a_ns : b_ns;
}

int clock_poll_ms(uint64_t now_ns, uint64_t deadline_ns)
{
    uint64_t left_ms;

    if (deadline_ns == 0)
        return -1;
    if (deadline_ns <= now_ns)
        return 0;
    left_ms = (deadline_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
    return left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}
