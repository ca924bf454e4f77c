/* SPDX-License-Identifier: ISC */
/* What is to happen at a given time: timers embedded in their owner, in a heap that allocates
 * nothing, so starting one cannot fail. Pure: the time is a parameter. One thread owns a heap.
 * Starting takes constant time, the rest O(log n) on average (a pairing heap: Fredman, Sedgewick,
 * Sleator, Tarjan 1986). */
#ifndef BASE_TIMER_H
#define BASE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

/* The owner sets expired, and the rest to zero. */
struct timer {
    void (*expired)(struct timer *timer, uint64_t now_ns);
    uint64_t due_ns;
    struct timer *child, *next; /* those that are due later; the next child of the same parent */
    struct timer **link;        /* what points to this timer; NULL while it is stopped */
};

/* All zero at first. */
struct timer_heap {
    struct timer *root;
    uint64_t ran_ns;  /* when timer_run was last called */
    uint64_t next_ns; /* when the root is due; kept here because loops ask in each turn */
};

/* Starts the timer, or starts it again for another time. A time that has passed is the next call of
 * timer_run, never the one under way. */
void timer_start(struct timer_heap *heap, struct timer *timer, uint64_t due_ns);

/* From here on the owner may be freed. A stopped timer stays as it is. */
void timer_stop(struct timer_heap *heap, struct timer *timer);

bool timer_is_started(const struct timer *timer);

/* When timer_run has something to do; 0: never. */
static inline uint64_t timer_next_ns(const struct timer_heap *heap)
{
    return heap->next_ns;
}

/* Calls expired of each timer that is due, the earliest first. The timer is stopped before that, so
 * expired may start it, free its owner, and start and stop any other. */
void timer_run(struct timer_heap *heap, uint64_t now_ns);

#endif
