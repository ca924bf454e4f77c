/* SPDX-License-Identifier: ISC */
/* A pool of kernel pipes for bytes that wait. One thread uses it at a time. */
#ifndef SERVER_PIPES_H
#define SERVER_PIPES_H

#include <stdbool.h>

struct pipes_pipe {
    struct pipes_pipe *next; /* free list */
    int out, in;
};

/* All zero but limit and pooled at first. */
struct pipes {
    struct pipes_pipe *free;
    unsigned count, limit;           /* of all that are open, free or not */
    unsigned free_count, free_least; /* now, and at its smallest since the last trim */
    bool trimmed;                    /* pipes_trim is going to be called */
    void (*pooled)(struct pipes *);  /* asks for that, or NULL: the pool keeps its pipes */
};

/* A free pipe of the pool, a new one, or NULL: then the bytes are copied. */
struct pipes_pipe *pipes_take(struct pipes *pipes);
/* Empty again. */
void pipes_return(struct pipes *pipes, struct pipes_pipe *pipe);
/* A pipe with bytes in it that nobody wants any more cannot be used again. */
void pipes_destroy(struct pipes *pipes, struct pipes_pipe *pipe);

/* Closes the pipes that were free since the last call. Whether there are others that are free: to
 * be called again after a while. */
bool pipes_trim(struct pipes *pipes);

/* Closes those that are free. */
void pipes_release(struct pipes *pipes);

#endif
