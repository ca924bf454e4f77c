/* SPDX-License-Identifier: ISC */
/* One thread's part of a run: its connections, its share of the messages, what it has counted.
 * Nothing is shared between the threads while they run but constants; what they counted is handed
 * over as whole tallies. */
#ifndef ENGINE_SHARD_H
#define ENGINE_SHARD_H

#include "base/loop.h"
#include "bench/engine/pacer.h"
#include "bench/engine/plan.h"
#include "bench/engine/ring.h"
#include "bench/engine/tally.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct flow;
struct flow_message;

enum run_phase {
    RUN_CONNECTING,
    RUN_GOING,    /* the times of struct run are set */
    RUN_STOPPING, /* interrupted: no new messages, those in flight are waited for */
    RUN_ABANDONED /* interrupted again: they are not */
};

/* What all shards of a run have in common. */
struct run {
    const struct plan *plan;
    const struct address *address;
    const struct ring *ring;
    uint64_t seed;     /* for what is drawn at random */
    struct loop *main; /* woken when a worker is ready or has finished, or returns a tally */
    _Atomic(enum run_phase) phase;
    uint64_t begin_ns;    /* first message */
    uint64_t measure_ns;  /* from here on it counts */
    uint64_t end_ns;      /* UINT64_MAX: the number of messages decides */
    uint64_t patience_ns; /* how long after the end echoes are waited for */
};

struct shard {
    struct run *run;
    const struct plan *plan; /* of the run */
    unsigned index;
    pthread_t thread;
    struct loop loop;
    struct loop_source timer; /* timerfd; epoll's milliseconds are too coarse for a schedule */
    uint64_t timer_ns;        /* what it is set to; 0: nothing */
    struct flow *flows;       /* idle ones last */
    struct flow_message *messages;
    unsigned flow_count;
    unsigned connecting, settled, open, open_idle, ending;
    struct flow *free_first, *free_last, *retry;
    uint64_t retry_ns; /* the earliest of the list */
    struct pacer pacer;
    uint64_t left; /* messages of the measured time still to be taken */
    uint64_t owed; /* bytes, of all flows */
    uint64_t random;
    uint64_t next_stream; /* of the next connection; no other shard's, and none twice */
    uint64_t now_ns;      /* when the events of this turn came */
    uint64_t sweep_ns, open_ns;
    uint64_t late_ns; /* so much of the time after the end this process was stopped or busy */
    bool going, stopped;
    uint64_t measure_ns, end_ns;
    unsigned pieces;
    unsigned char *buffer; /* RING_SPAN bytes */

    struct tally *tally;
    /* The main thread offers an empty tally and gets the one used so far. */
    _Atomic(struct tally *) offered, returned;
    _Atomic bool ready, finished;

    /* Valid once finished. */
    unsigned connected, connected_idle;
    uint64_t done_ns;
    uint64_t user_ns, system_ns, busy_ns; /* of the measured time */
    int cpu_taken;
    struct reason why; /* word NONE, or why the thread could not do its work */
};

/* Whether a message may begin now; takes it from the budget. */
static inline bool shard_take(struct shard *shard, uint64_t now_ns)
{
    if (shard->stopped || now_ns >= shard->end_ns)
        return false;
    if (now_ns < shard->measure_ns)
        return true;
    if (!shard->left)
        return false;
    shard->left--;
    return true;
}

/* The size of the next message. */
uint64_t shard_size(struct shard *shard);

/* Whether a moment lies in the measured time. */
static inline bool shard_counts(const struct shard *shard, uint64_t ns)
{
    return ns >= shard->measure_ns && ns < shard->end_ns;
}

#endif
