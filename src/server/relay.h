/* SPDX-License-Identifier: ISC */
/*
 * Moves the bytes of one connection as the echo rules want it. Bytes wait in one of two places, and
 * only while the client does not take them: in memory (copying), or in a kernel pipe (splice, for
 * bulk). A connection that keeps up owns neither.
 */
#ifndef SERVER_RELAY_H
#define SERVER_RELAY_H

#include "base/reason.h"
#include "server/pipes.h"
#include "server/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one worker's connections share; used by one thread at a time. */
struct relay {
    unsigned char *buffer;
    size_t size;     /* of a read, and so what is held for a client that does not read */
    size_t capacity; /* of buffer */
    struct pipes pipes;
    uint32_t thin;      /* thin messages so far, modulo 2^32 */
    uint32_t thin_seen; /* of these, when the last thick read came */
    unsigned quiet;     /* thick reads in a row, of any stream, without a thin message between */
    bool trace;         /* tell every receive and send in the log */
};

/* size: bytes held for one connection that does not read. pipe_limit: pipes that may be open. */
int relay_init(struct relay *relay, size_t size, unsigned pipe_limit,
               struct reason *why) MUST_CHECK;
/* Another size from now on; what is held stays as it is. 0, or -1 (memory) and nothing is changed;
 * a size that it had before never fails. */
int relay_resize(struct relay *relay, size_t size) MUST_CHECK;
void relay_release(struct relay *relay);

/* Does what the rules want as far as the socket lets it without waiting, a bounded number of bytes
 * for each call (fairness). Returns what is wanted afterwards (echo_wants). */
unsigned relay_turn(struct relay *relay, struct stream *stream);

#endif
