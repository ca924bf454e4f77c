/* SPDX-License-Identifier: ISC */
/* The only clock that decisions are taken by: monotonic, so a change of the date moves nothing. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t clock_now_ns(void);

/* The earlier of two deadlines; 0 is none. */
uint64_t clock_earlier_ns(uint64_t a_ns, uint64_t b_ns);

/* What is left of [now, deadline] in milliseconds for poll(2) and epoll_wait(2), rounded up so that
 * a wait never ends early; -1 (for ever) when the deadline is 0, at most INT_MAX. */
int clock_poll_ms(uint64_t now_ns, uint64_t deadline_ns);

#endif
