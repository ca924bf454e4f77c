/* SPDX-License-Identifier: ISC */
#include "server/stream.h"

#include <stdlib.h>

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
