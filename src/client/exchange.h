/* SPDX-License-Identifier: ISC */
/*
 * One connection, both ways at once: sends what a mode offers, compares what comes back as a stream
 * and hands on the bytes that are the echo. Never waits for one direction while the other could
 * move, so it cannot deadlock with a peer that stops reading until it is read from.
 *
 * A mode fills the first half, then calls exchange_run once (a stream) or several times (one
 * message after the other), or exchange_send and exchange_receive from a loop of its own.
 */
#ifndef CLIENT_EXCHANGE_H
#define CLIENT_EXCHANGE_H

#include "base/reason.h"
#include "client/trace.h"
#include "measure/compare.h"
#include "measure/progress.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXCHANGE_CHUNK   (64 << 10) /* bytes of one receive or refill */
#define EXCHANGE_UNKNOWN UINT64_MAX

enum exchange_goal {
    EXCHANGE_ECHOED, /* the echo of everything that was offered is back */
    EXCHANGE_ENDED   /* after that we half-close, and the peer's end has come too */
};

/* How long the first byte of an echo is waited for, where the caller tries again without it. */
struct exchange_patience {
    uint64_t timeout_ns; /* counted from when it is outstanding */
    uint64_t until_ns;   /* and no longer than this (CLOCK_MONOTONIC); 0 = neither counts */
};

struct exchange {
    int fd;
    struct compare *compare; /* NULL: nothing is compared, everything is handed on */
    const struct trace *trace;
    bool busy;                 /* spin instead of sleeping */
    struct progress *progress; /* NULL: no progress line */
    uint64_t timeout_ns;       /* without progress while an echo or the end is owed; 0 = never.
                                * What is sent is no progress while an echo is owed. */
    struct exchange_patience first;
    uint64_t end_ns;  /* nothing is waited for any longer (CLOCK_MONOTONIC); 0 = never */
    uint64_t planned; /* bytes of the whole stream, EXCHANGE_UNKNOWN */

    /* What goes out next. When it is used up and exhausted is not set, refill brings more or sets
     * exhausted; with input_fd >= 0 it is called only when that is readable. */
    const unsigned char *pending;
    size_t pending_length;
    bool exhausted;
    int input_fd;
    int (*refill)(struct exchange *exchange, struct reason *why);
    /* Takes the echo (NULL: nobody does). May block: that is the reader's pace, not the peer's. */
    int (*deliver)(struct exchange *exchange, const void *bytes, size_t length, struct reason *why);
    void *context;

    uint64_t sent, received;
    bool half_closed, ended; /* our end was sent; the peer's end came */
    int send_code;           /* errno that ended sending, or 0 */
    int receive_code;        /* errno that ended receiving, or 0 */
    uint64_t start_ns;
    uint64_t received_ns;   /* right after the last receive that brought bytes */
    uint64_t progress_ns;   /* when progress was last made */
    struct verdict verdict; /* after a failure */
};

/* Nothing offered yet, nothing moved yet. compare may be NULL. */
void exchange_init(struct exchange *exchange, int fd, struct compare *compare,
                   const struct trace *trace, uint64_t timeout_ns);

/* Works until the goal is reached (0) or cannot be any more (-1): EOF, TRUNCATED, RESET, STALLED,
 * CORRUPT, EXTRA with the place in *why and in verdict; failures of refill and deliver as they
 * are. */
int exchange_run(struct exchange *exchange, enum exchange_goal goal, struct reason *why) MUST_CHECK;

/* After the last echo: half-closes, waits up to 1 s for the end. 0 whether that came or not; -1
 * with EXTRA when bytes came, RESET when the connection broke. */
int exchange_finish(struct exchange *exchange, struct reason *why) MUST_CHECK;

/* One send of pending bytes: how many went out, 0 when none can now. Fails only for local causes: a
 * peer that is gone shows on the receiving side, after what it had sent. */
ssize_t exchange_send(struct exchange *exchange, struct reason *why) MUST_CHECK;

/* One receive: how many bytes came, 0 when none is there now or the end came (ended). */
ssize_t exchange_receive(struct exchange *exchange, struct reason *why) MUST_CHECK;

/* The stream is over, or stands still (word STALLED after waited_ns): the verdict. 0 when
 * everything came back. */
int exchange_judge(struct exchange *exchange, enum reason_word word, uint64_t waited_ns,
                   struct reason *why) MUST_CHECK;

#endif
