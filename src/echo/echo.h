/* SPDX-License-Identifier: ISC */
/*
 * The rules of one conversation (RFC 862): every byte that is received goes back once, in order,
 * until the client ends. Pure: no socket, no clock, no memory of its own. The engine tells what
 * happened and asks what is wanted next; where the bytes wait meanwhile is the engine's business.
 *
 *            client half-closes            all returned           half-close sent
 *   OPEN ---------------------> FLUSHING ----------------+------------------------> CLOSED
 *     |                                                  |                            ^
 *     | echo_stop (drain, timeout, limit)                |                            |
 *     v             all returned, half-close sent        |      client ends, or       |
 *   STOPPING --------------------------------------> LINGERING -----------------------+
 *
 * A stop never destroys bytes of a client that reads: what was received is still returned, then the
 * server half-closes and discards input until the client ends, so that close(2) meets no unread
 * byte and sends no reset (measured: 2.8 MB echoed, 4 KiB arrived when it did). Until all is
 * returned no input is discarded: if the client never takes it, unread input is what makes close(2)
 * send a reset on a Unix socket too, so that the client cannot take the cut for a clean end.
 */
#ifndef ECHO_ECHO_H
#define ECHO_ECHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum echo_phase { ECHO_OPEN, ECHO_FLUSHING, ECHO_STOPPING, ECHO_LINGERING, ECHO_CLOSED };

/* Why a conversation ended; the words of the log. */
enum echo_reason {
    ECHO_CLIENT_CLOSED,
    ECHO_CLIENT_RESET,
    ECHO_RESET_AFTER_LINGER,
    ECHO_IDLE,
    ECHO_WRITE_TIMEOUT,
    ECHO_LIFETIME,
    ECHO_DRAIN,
    ECHO_ERROR /* code holds the errno value */
};

/* What the rules want; any combination. */
enum {
    ECHO_RECEIVE = 1,    /* read and keep */
    ECHO_RETURN = 2,     /* send what is kept */
    ECHO_HALF_CLOSE = 4, /* shutdown(SHUT_WR), then echo_half_closed */
    ECHO_DISCARD = 8,    /* read and throw away */
    ECHO_CLOSE = 16      /* close; nothing else is wanted any more */
};

struct echo {
    uint64_t received; /* bytes kept so far, whole life */
    uint64_t returned; /* bytes sent back; returned <= received */
    uint8_t phase;     /* enum echo_phase */
    uint8_t reason;    /* enum echo_reason: why it ends or ended */
    bool ended;        /* the client has ended its direction */
    int code;          /* errno of ECHO_ERROR and ECHO_CLIENT_RESET */
};

void echo_init(struct echo *echo);

/* bytes were read while ECHO_RECEIVE was wanted. */
static inline void echo_received(struct echo *echo, size_t bytes)
{
    echo->received += bytes;
}

/* bytes of those kept were sent. */
static inline void echo_returned(struct echo *echo, size_t bytes)
{
    echo->returned += bytes;
}

/* Bytes received and not yet returned. */
static inline uint64_t echo_held(const struct echo *echo)
{
    return echo->received - echo->returned;
}

/* A read returned 0: the client half-closed. */
void echo_ended(struct echo *echo);
/* The server wants to end it (drain, timeout, limit). The first reason stays. */
void echo_stop(struct echo *echo, enum echo_reason reason);
/* Our half-close was done. */
void echo_half_closed(struct echo *echo);
/* The socket is broken (ECHO_CLIENT_RESET or ECHO_ERROR) and held bytes are lost with it. */
void echo_failed(struct echo *echo, enum echo_reason reason, int code);
/* Ending it took too long: close now. unsent: the kernel still holds bytes for the client. When
 * bytes are lost so, the reason becomes ECHO_RESET_AFTER_LINGER. */
void echo_give_up(struct echo *echo, bool unsent);

/* What is wanted next, of a conversation that is past ECHO_OPEN. */
unsigned echo_wants_ending(const struct echo *echo);

/* What is wanted next. Bytes are received only while none is held, so what the engine reads at once
 * is the bound. */
static inline unsigned echo_wants(const struct echo *echo)
{
    if (echo->phase != ECHO_OPEN)
        return echo_wants_ending(echo);
    return echo_held(echo) ? ECHO_RETURN : ECHO_RECEIVE;
}

/* "client-closed"; for ECHO_ERROR the caller appends the errno's name. */
const char *echo_reason_name(enum echo_reason reason);

#endif
