/* SPDX-License-Identifier: ISC */
/* A text for whoever started the server, on a descriptor that perhaps nobody reads: what does not
 * fit now is written when there is room. Never blocks, and leaves the descriptor's flags alone,
 * which others share. */
#ifndef PROCESS_ANNOUNCEMENT_H
#define PROCESS_ANNOUNCEMENT_H

#include "base/loop.h"

#include <stddef.h>

struct announcement {
    struct loop_source source;
    struct loop *loop; /* NULL: nothing is announced */
    char *text;
    size_t length, done;
    int told;     /* the descriptor's number, for the log */
    size_t chunk; /* as much as one write can be given without blocking */
};

/* Takes text over (free(3)). A descriptor above standard error is closed in the end. */
void announcement_begin(struct announcement *announcement, struct loop *loop, int fd, char *text,
                        size_t length);

/* What is not written yet is lost. Fine when nothing was begun. */
void announcement_release(struct announcement *announcement);

#endif
