/* SPDX-License-Identifier: ISC */
/* The state of the service: the settings in force, the listeners, the crew. On the main thread. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "base/loop.h"
#include "server/crew.h"
#include "server/listener.h"
#include "server/settings/settings.h"

#include <stdbool.h>

struct server {
    const struct service *(*service_of)(const struct settings_listener *settings);
    struct settings settings;   /* in force */
    struct listener *listeners; /* those that are served, in the order of the settings */
    struct listener *removed;   /* by a reload, with connections that live on */
    struct counters gone;       /* what was counted for those that are gone altogether */
    struct crew crew;
    struct loop loop;
    unsigned worker_count;
    bool crew_ready;
};

/* The number of threads that serve. */
unsigned server_worker_count(const struct settings *settings);

/* Locks the directories of the listeners that are not open yet or have lost their path. False: try
 * again, because another process holds one; then none is locked, so that nobody waits for us. From
 * patience_ns on it makes do with those that can be had. */
bool server_lock(const struct server *server, const struct settings *settings, uint64_t patience_ns,
                 struct locks *locks);

/* Binds the listeners of the settings; names: what was looked up for each. */
int server_open_listeners(struct server *server, const struct names *names,
                          const struct locks *locks, struct reason *why) MUST_CHECK;

/* The crew for the open listeners, not started yet. */
int server_prepare(struct server *server, struct reason *why) MUST_CHECK;

/* Gives the workers what the settings say of times and of our name, and the log its level. Parked
 * or not started. */
void server_apply_limits(struct server *server);

/* Whether accept(2) fails on every port, for good. */
bool server_is_deserted(const struct server *server);

void server_tell_listener(const struct listener *listener);
void server_tell_skipped(const struct settings_listener *listener, const struct reason *why);
/* Says in the log when fewer connections are possible than wanted. */
void server_tell_lowered(unsigned wanted, unsigned capacity);

/* Ends the crew and frees everything. */
void server_release(struct server *server);

#endif
