/* SPDX-License-Identifier: ISC */
/* The settings read again, from the file and the command line: all of them take effect, or nothing.
 * On the main thread, which goes on with its signals meanwhile. */
#ifndef SERVER_RELOAD_H
#define SERVER_RELOAD_H

#include "server/settings/child.h"

#include <stdbool.h>
#include <stdint.h>

struct server;

/* The owner sets the first two, and the rest to zero. */
struct reload {
    struct server *server;
    const struct trial_source *source;
    struct child child;
    struct settings settings; /* that shall be in force, once the child is gone */
    struct locks locks;
    uint64_t retry_ns;    /* when to try for the locks again; 0: none is missing */
    uint64_t patience_ns; /* until when to try */
    bool running;
    bool again; /* asked for while it was running */
};

/* Starts a reload; the log tells how it ended. */
void reload_begin(struct reload *reload);

/* Does what is due at this time. Returns when more will be, 0: nothing but by an event. */
uint64_t reload_continue(struct reload *reload, uint64_t now_ns);

/* Ends a running reload without effect, and says so. Never waits. */
void reload_abandon(struct reload *reload);
void reload_release(struct reload *reload);

#endif
