/* SPDX-License-Identifier: ISC */
/* Accepting: from a listening socket to a connection of a worker, and what to do when that fails.
 */
#ifndef SERVER_ACCEPTOR_H
#define SERVER_ACCEPTOR_H

#include "base/loop.h"
#include "server/listener.h"

#include <stdbool.h>
#include <stdint.h>

struct worker;

/* A port's loop source: accepts a bounded number of connections. */
void acceptor_ready(struct loop_source *source, unsigned events);

/* Watches paused ports again: those that wait for a place when place is true, those whose back-off
 * is over at now_ns. Returns whether one is still backing off, which wants ticks. */
bool acceptor_resume(struct worker *worker, bool place, uint64_t now_ns);

/* Accepts everything that is queued, whatever the limit on connections; nothing can queue up again
 * on a Unix socket afterwards (a TCP listener takes connections until it is closed). Returns the
 * number accepted. Called while the worker is parked. */
unsigned acceptor_drain(struct port *port);

#endif
