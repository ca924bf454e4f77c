/* SPDX-License-Identifier: ISC */
/* One accepted client: its socket, its echo state, the time of its last progress. */
#ifndef SERVER_CONNECTION_H
#define SERVER_CONNECTION_H

#include "base/loop.h"
#include "server/admission.h"
#include "server/listener.h"
#include "server/relay.h"
#include "server/worker.h"

#include <stdbool.h>
#include <stdint.h>

struct connection;

/* What comes before the echo: a header that is read, or a greeting that is sent. Whoever begins it
 * embeds this in an allocation of its own, with whatever buffer it needs, and sets the functions.
 */
struct connection_opening {
    /* Does what the socket lets it. Whether it is still an opening; if not, the connection has gone
     * on, or is freed. */
    bool (*turn)(struct connection *connection);
    void (*release)(struct connection_opening *opening);
    struct connection *connection;
    struct timer timer; /* its end, if it is not over then */
};

/* Kept small: ten thousand idle ones are cheap. Its peer has a name only when the log tells of
 * connections at all. */
struct connection {
    struct loop_source source;
    struct stream stream;
    struct worker *worker;
    struct listener *listener;
    struct connection_opening *opening; /* NULL: it is an echo */
    struct connection *next, **link;    /* the worker's list, or its inbox */
    struct admission_ticket ticket;
    uint64_t id;
    uint64_t opened_ns;
    uint64_t progress_ns; /* when a byte was seen to have moved or to have been read */
    union {
        uint64_t taken_ns;  /* when it was seen to read its echo; 0: it has read everything */
        uint64_t ending_ns; /* is_ending: when we began to end it */
    };
    /* Modulo 2^32, and all but the last as the last look found them. */
    uint32_t taken_in; /* bytes received or thrown away */
    uint32_t returned; /* bytes returned */
    uint32_t unsent;   /* what io_unsent tells */
    uint32_t unread;   /* what sock_diag_unread told, or UNREAD_UNKNOWN */
    uint32_t stop_at;  /* is_ending: received bytes that came in time */
    uint8_t stop_reason;
    bool is_ending; /* we have begun to end it */
    char peer[];    /* its name for the log, or "" */
};

/* glibc gives out 184 bytes as 192, and one byte more as 208. */
_Static_assert(sizeof(void *) != 8 || sizeof(struct connection) <= 184,
               "ten thousand idle connections are cheap");

/* Takes the descriptor over, also on failure (NULL, out of memory). peer may be NULL. */
struct connection *connection_create(int fd, struct listener *listener,
                                     const struct admission_ticket *ticket, const char *peer,
                                     uint64_t now_ns) MUST_CHECK;

/* Puts it into a worker's list, where its service begins. Called by that worker. */
void connection_attach(struct connection *connection, struct worker *worker);

/* A service's begin: from now on it is an echo. */
void connection_echo(struct connection *connection);

/* For a service's begin: an opening comes first, which waits for these events (loop.h). */
void connection_open(struct connection *connection, struct connection_opening *opening,
                     unsigned interests, uint64_t deadline_ns);
/* From the opening's turn: it is over and released. bytes were received behind it and are the first
 * that the echo returns. The caller begins what follows, and nothing else. */
void connection_opened(struct connection *connection, const unsigned char *bytes, size_t length);
/* From the opening's turn, which returns false then: closes it. code is a negative errno. */
void connection_fail(struct connection *connection, int code);

/* Gives it to a worker, from the thread of the one that accepted it. */
void connection_hand_over(struct connection *connection, struct worker *worker,
                          const struct worker *accepting);

/* Begins to end it: what has come until now is still returned. May close and free it at once. */
void connection_stop(struct connection *connection, enum echo_reason reason, uint64_t now_ns);

/* Coarse timers: what the limits say at this time. May close and free it. */
void connection_tick(struct connection *connection, const struct worker_limits *limits,
                     uint64_t now_ns);

/* Closes at once, whatever is still to be returned. */
void connection_destroy(struct connection *connection);

#endif
