/* SPDX-License-Identifier: ISC */
#include "server/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void stream_init(struct stream *stream, int fd)
{
    *stream = (struct stream){.fd = fd};
    echo_init(&stream->echo);
}

void stream_release(struct stream *stream, struct pipes *pipes)
{
    free(stream->held);
    stream->held = NULL;
    if (stream->pipe)
        pipes_destroy(pipes, stream->pipe);
    stream->pipe = NULL;
}

void stream_fail(struct stream *stream, ssize_t code)
{
    /* ENOTCONN is shutdown(2)'s word for a connection that the client has reset. */
    bool reset = code == -ECONNRESET || code == -EPIPE || code == -ENOTCONN;

    echo_failed(&stream->echo, reset ? ECHO_CLIENT_RESET : ECHO_ERROR, (int)-code);
}

void stream_hold(struct stream *stream, const unsigned char *bytes, size_t size)
{
    size_t length = (size_t)echo_held(&stream->echo);

    stream->held = malloc(length);
    if (!stream->held) {
        stream_fail(stream, -ENOMEM);
        return;
    }
    memcpy(stream->held, bytes + size - length, length);
    stream->offset = 0;
}
