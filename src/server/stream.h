/* SPDX-License-Identifier: ISC */
/* One client's bytes: what the echo rules know of them, and where they wait. */
#ifndef SERVER_STREAM_H
#define SERVER_STREAM_H

#include "echo/echo.h"
#include "server/pipes.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct stream {
    struct echo echo;
    int fd;
    uint32_t offset;         /* of the first byte of held that waits */
    unsigned char *held;     /* bytes that wait in memory, or NULL */
    struct pipes_pipe *pipe; /* bytes that wait in a pipe, or NULL */
    uint8_t thick;           /* how many reads in a row were thick; from a bound on it is spliced */
    bool no_splice;          /* the kernel refused once */
    uint16_t greeting;       /* bytes of our own, the first of those that were returned */
    uint32_t stalls;         /* how often the client did not take all at once */
    uint32_t discarded;      /* bytes thrown away while ending, modulo 2^32 */
};

void stream_init(struct stream *stream, int fd);
/* Gives back what the stream holds; does not close the descriptor. */
void stream_release(struct stream *stream, struct pipes *pipes);

/* The socket is broken; code is a negative errno. */
void stream_fail(struct stream *stream, ssize_t code);

/* Keeps the end of those bytes in memory: what was received and is not returned yet. */
void stream_hold(struct stream *stream, const unsigned char *bytes, size_t size);

/* Bytes of our own, at most 65535, go out first. They wait and fail as if the client had sent them
 * before everything else, and count as nothing that it sent. */
void stream_greet(struct stream *stream, const char *bytes, size_t length);

/* What was received of the client, and what of that was returned. */
static inline uint64_t stream_received(const struct stream *stream)
{
    return stream->echo.received - stream->greeting;
}

static inline uint64_t stream_returned(const struct stream *stream)
{
    uint64_t returned = stream->echo.returned;

    return returned > stream->greeting ? returned - stream->greeting : 0;
}

#endif
