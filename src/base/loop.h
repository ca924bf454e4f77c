/* SPDX-License-Identifier: ISC */
/* Waiting for descriptors: the only user of epoll(7). Level-triggered; one thread owns a loop, only
 * loop_wake may be called from another one. */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include "base/reason.h"

/* The values are epoll's own, so that no event needs translating. */
enum {
    LOOP_READ = 0x1,   /* readable, or the peer has ended */
    LOOP_WRITE = 0x4,  /* writable */
    LOOP_BROKEN = 0x18 /* comes unasked, with LOOP_READ: error or hang-up on both directions */
};

/* Embedded in what waits. The owner sets ready and fd before the first loop_watch. */
struct loop_source {
    void (*ready)(struct loop_source *source, unsigned events);
    int fd;
    unsigned watched; /* what loop_watch asked for last; 0 = not in the loop */
};

#define LOOP_BATCH 64

struct loop_batch;

struct loop {
    int fd;
    int wake_fd;
    struct loop_source wake;
    struct loop_batch *batch; /* events of this turn, so that loop_forget can strike one out */
};

int loop_init(struct loop *loop, struct reason *why) MUST_CHECK;
void loop_release(struct loop *loop);

/* Sets what the source waits for; 0 takes it out of the loop, even out of the events of this turn
 * that were not delivered yet, so the caller may free it. No system call when nothing changes.
 * Returns 0 or a negative errno (ENOMEM, ENOSPC). */
int loop_watch(struct loop *loop, struct loop_source *source, unsigned interests) MUST_CHECK;
void loop_forget(struct loop *loop, struct loop_source *source);

/* Waits up to timeout_ms (-1: for ever) and delivers at most LOOP_BATCH events. Returns their
 * number; 0 after the timeout or a signal; a negative errno when the loop itself is broken. */
int loop_turn(struct loop *loop, int timeout_ms) MUST_CHECK;

/* Ends a wait of another thread, now or the next one. Thread-safe, never blocks. */
void loop_wake(struct loop *loop);

#endif
