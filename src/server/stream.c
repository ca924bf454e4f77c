/* SPDX-License-Identifier: ISC */
#include "server/stream.h"

#include <assert.h>
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

void stream_greet(struct stream *stream, const char *bytes, size_t length)
{
    assert(stream->echo.received == 0 && length > 0 && length <= UINT16_MAX);
    stream->greeting = (uint16_t)length;
    echo_received(&stream->echo, length);
    stream_hold(stream, (const unsigned char *)bytes, length);
}
