/* SPDX-License-Identifier: ISC */
/*
 * Moves the bytes of one connection as the echo rules want it. Bytes wait in one of two places, and
 * only while the client does not take them: in memory (copying), or in a kernel pipe (splice, for
 * bulk). A connection that keeps up owns neither.
 */
#ifndef SERVER_RELAY_H
#define SERVER_RELAY_H

#include "base/reason.h"
#include "echo/echo.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct relay_pipe;

/* What one worker's connections share; used by one thread at a time. */
struct relay {
    unsigned char *buffer;
    size_t size;              /* of a read, and so what is held for a client that does not read */
    size_t capacity;          /* of buffer */
    struct relay_pipe *pipes; /* the pool: those that are free */
    unsigned pipe_count, pipe_limit; /* of all that are open, free or not */
    unsigned free_count, free_least; /* of the pool: now, and at its smallest since the last trim */
    bool trimmed;                    /* relay_trim is going to be called */
    void (*pooled)(struct relay *);  /* asks for that, or NULL: the pool keeps its pipes */
    uint32_t thin;                   /* thin messages so far, modulo 2^32 */
    uint32_t thin_seen;              /* of these, when the last thick read came */
    unsigned quiet; /* thick reads in a row, of any stream, without a thin message between */
    bool trace;     /* tell every receive and send in the log */
};

struct stream {
    struct echo echo;
    int fd;
    uint32_t offset;         /* of the first byte of held that waits */
    unsigned char *held;     /* bytes that wait in memory, or NULL */
    struct relay_pipe *pipe; /* bytes that wait in a pipe, or NULL */
    uint8_t thick;           /* how many reads in a row were thick; from a bound on it is spliced */
    bool no_splice;          /* the kernel refused once */
    uint32_t stalls;         /* how often the client did not take all at once */
    uint32_t discarded;      /* bytes thrown away while ending, modulo 2^32 */
};

/* size: bytes held for one connection that does not read. pipe_limit: pipes that may be open. */
int relay_init(struct relay *relay, size_t size, unsigned pipe_limit,
               struct reason *why) MUST_CHECK;
/* Another size from now on; what is held stays as it is. 0, or -1 (memory) and nothing is changed;
 * a size that it had before never fails. */
int relay_resize(struct relay *relay, size_t size) MUST_CHECK;
void relay_release(struct relay *relay);
/* Closes the pipes that were free since the last call. Whether there are others that are free: to
 * be called again after a while. */
bool relay_trim(struct relay *relay);

void stream_init(struct stream *stream, int fd);
/* Gives back what the stream holds; does not close the descriptor. */
void stream_release(struct relay *relay, struct stream *stream);

/* Does what the rules want as far as the socket lets it without waiting, a bounded number of bytes
 * for each call (fairness). Returns what is wanted afterwards (echo_wants). */
unsigned relay_turn(struct relay *relay, struct stream *stream);

#endif
