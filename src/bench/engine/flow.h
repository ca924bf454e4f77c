/* SPDX-License-Identifier: ISC */
/* One connection under load: from the first attempt to connect, over failures, to its end, and how
 * far its stream is. What it does while it is open is its workload's. Belongs to one shard and is
 * used by its thread alone. */
#ifndef ENGINE_FLOW_H
#define ENGINE_FLOW_H

#include "base/loop.h"
#include "bench/engine/shard.h"

#include <stdbool.h>
#include <stdint.h>

#define FLOW_CONNECTING_MAX 128u /* at a time and shard, so that no backlog overflows */

/*
 *   DOWN --open--> CONNECTING --> OPEN --end of the run--> ENDING --> DOWN
 *    ^                 |           |
 *    +---- failed -----+-----------+   (tried again after a pause that grows)
 */
enum flow_state { FLOW_DOWN, FLOW_CONNECTING, FLOW_OPEN, FLOW_ENDING };

/* A message in flight. */
struct flow_message {
    uint64_t end;     /* offset in the stream after its last byte */
    uint64_t due_ns;  /* open loop: when it should have been sent */
    uint64_t sent_ns; /* when its first byte was given to send(2) */
};

struct flow {
    struct loop_source source;
    struct shard *shard;
    unsigned number; /* in the whole process */
    uint64_t
        stream; /* which of the run's connections this one is: another for each that ever was */
    enum flow_state state;
    bool idle;                                /* silent: it only stays connected */
    unsigned send_position, receive_position; /* in the ring */
    uint64_t queued, sent, received;          /* offsets in the stream of this connection */
    uint64_t counted_begin, counted_end;      /* of the bytes due in the measured time */
    struct flow_message *messages;            /* ring of in_flight entries */
    unsigned first, count;
    uint64_t taken;       /* messages of this connection so far, for --churn */
    uint64_t begun_ns;    /* first attempt of this connect */
    uint64_t progress_ns; /* last time that bytes came, or began to be owed */
    uint64_t free_ns;     /* since when one more message could be sent */
    uint64_t excused_ns;  /* the peer's time begins here at the earliest; see flow_check */
    uint64_t retry_ns;
    unsigned failures; /* in a row */
    bool settled;      /* the first attempt has succeeded or failed */
    bool listed;       /* in the shard's list of free flows */
    struct flow *next_free, *next_retry;
};

void flow_init(struct flow *flow, struct shard *shard, unsigned number, bool idle,
               struct flow_message *messages);

/* Starts to connect; failures are counted and tried again later. */
void flow_open(struct flow *flow);

/* Opens the flows of a shard again that failed and whose pause is over. */
void flow_retry(struct shard *shard);

/* The load begins, and this connection stands: sends its first messages, or reports itself free. */
void flow_begin(struct flow *flow);

/* Whether one more message may be in flight. */
static inline bool flow_has_room(const struct flow *flow)
{
    const struct plan *plan = flow->shard->plan;

    return flow->state == FLOW_OPEN && flow->count < plan->in_flight &&
           (!plan->churn || flow->taken < plan->churn);
}

/* Changes what an open flow waits for. */
void flow_rewatch(struct flow *flow, unsigned interests);

/* Sets what an open flow waits for: the same as before for most messages. */
static inline void flow_watch(struct flow *flow, unsigned interests)
{
    if (flow->source.watched != interests)
        flow_rewatch(flow, interests);
}

/* Counts a failure by its word, drops the connection and has it opened again. */
void flow_fail(struct flow *flow, enum reason_word word, int code);

/* Keeps the first difference of a tally for the report. */
void flow_note_difference(struct flow *flow, struct verdict verdict);

/* Fails the flow if an echo, or the connection, is outstanding for longer than the timeout. The
 * check itself comes late_ns late: this process was stopped or busy, which does not count as the
 * peer's time. */
void flow_check(struct flow *flow, uint64_t now_ns, uint64_t late_ns);

/* The end of the run: half-closes and waits for the peer's end; what still comes is EXTRA. */
void flow_end(struct flow *flow);

/* Gives up what is in flight (counted as lost) and closes. */
void flow_close(struct flow *flow);

/* Bytes queued whose echo is owed. */
static inline uint64_t flow_owed(const struct flow *flow)
{
    return flow->queued - flow->received;
}

#endif
