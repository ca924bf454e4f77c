/* SPDX-License-Identifier: ISC */
#include "server/pipes.h"

#include "base/seam.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { PIPE_SIZE = 512 * 1024 };

struct pipes_pipe *pipes_take(struct pipes *pipes)
{
    struct pipes_pipe *pipe = pipes->free;
    int fds[2];

    if (pipe) {
        pipes->free = pipe->next;
        if (--pipes->free_count < pipes->free_least)
            pipes->free_least = pipes->free_count;
        return pipe;
    }
    if (pipes->count >= pipes->limit)
        return NULL;
    pipe = seam_allocate(sizeof *pipe);
    if (!pipe)
        return NULL;
    if (seam_pipe(fds) < 0) {
        free(pipe);
        return NULL;
    }
    /* A pipe holds pieces of pages, not bytes. One that the kernel leaves smaller works as well. */
    (void)fcntl(fds[1], F_SETPIPE_SZ, PIPE_SIZE);
    pipe->out = fds[0];
    pipe->in = fds[1];
    pipes->count++;
    return pipe;
}

void pipes_return(struct pipes *pipes, struct pipes_pipe *pipe)
{
    pipe->next = pipes->free;
    pipes->free = pipe;
    pipes->free_count++;
    if (!pipes->trimmed && pipes->pooled) {
        pipes->trimmed = true;
        pipes->pooled(pipes);
    }
}

void pipes_destroy(struct pipes *pipes, struct pipes_pipe *pipe)
{
    close(pipe->in);
    close(pipe->out);
    free(pipe);
    pipes->count--;
}

bool pipes_trim(struct pipes *pipes)
{
    for (; pipes->free_least > 0; pipes->free_least--) {
        struct pipes_pipe *pipe = pipes->free;

        pipes->free = pipe->next;
        pipes->free_count--;
        pipes_destroy(pipes, pipe);
    }
    pipes->free_least = pipes->free_count;
    pipes->trimmed = pipes->free_count > 0;
    return pipes->trimmed;
}

void pipes_release(struct pipes *pipes)
{
    while (pipes->free) {
        struct pipes_pipe *pipe = pipes->free;

        pipes->free = pipe->next;
        pipes_destroy(pipes, pipe);
    }
}
