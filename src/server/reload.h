/* SPDX-License-Identifier: ISC */
/* SIGHUP: the new settings take effect as a whole or not at all. */
#ifndef SERVER_RELOAD_H
#define SERVER_RELOAD_H

#include "server/server.h"

/* Reads, checks, resolves and binds everything first; swaps while the workers are parked. Listeners
 * that stay keep their sockets and backlogs. Says in the log what came of it. */
void reload_settings(struct server *server);

#endif
