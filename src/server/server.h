/* SPDX-License-Identifier: ISC */
/* The service from its start to its end, on the main thread: signals, drain, reload. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "base/loop.h"
#include "server/announcement.h"
#include "server/crew.h"
#include "server/drain.h"
#include "server/listener.h"
#include "server/reload.h"
#include "server/settings/settings.h"

#include <stdbool.h>

struct server_options {
    settings_reread *reread;
    settings_load *load;
    void *context;
    int parent_fd; /* readable when the process ended with which we end (parent.h); -1: none */
    int ready_fd;  /* gets the "listening" lines and "ready" as well, then is closed; -1: none */
};

struct server {
    struct settings settings; /* in force */
    const struct server_options *options;
    struct listener *listeners; /* those that are served, in the order of the settings */
    struct listener *removed;   /* by a reload, with connections that live on */
    struct counters gone;       /* what was counted for those that are gone altogether */
    struct crew crew;
    struct loop loop;
    struct loop_source signals, parent;
    unsigned worker_count;
    bool crew_ready;
    bool ended_by_force;
    bool deserted; /* no port accepts any more, by our own bug: it drains and ends */
    struct announcement announcements[2]; /* standard output, the ready descriptor */
    struct drain drain;
    struct reload reload;
};

/* Serves until a signal ends it. Returns the exit status; on failure to start EXIT_LOCAL and *why.
 * The settings are taken over. It expects that signals have their default effect and that the
 * parent is guarded (parent_guard); both end before the first socket is bound, for good. */
int server_run(struct settings *settings, const struct server_options *options, struct reason *why);

/* The number of threads that serve. */
unsigned server_worker_count(const struct settings *settings);

/* Parts of it, for reload.c. */
void server_apply_limits(struct server *server);
/* Locks the directories of the listeners that are not open yet or have lost their path. False: try
 * again, because another process holds one; then none is locked, so that nobody waits for us. From
 * patience_ns on it makes do with those that can be had. */
bool server_lock(const struct server *server, const struct settings *settings, uint64_t patience_ns,
                 struct locks *locks);
void server_tell_listener(const struct listener *listener);
void server_tell_skipped(const struct settings_listener *listener, const struct reason *why);
/* Says in the log when fewer connections are possible than wanted. */
void server_tell_lowered(unsigned wanted, unsigned capacity);

#endif
