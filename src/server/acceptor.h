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

/* Watches paused ports again: those whose back-off is over at now_ns, and, if there is one, those
 * that wait for a place. Returns whether one is still backing off, which wants ticks. */
bool acceptor_resume(struct worker *worker, uint64_t now_ns);

/* Accepts everything that is queued, whatever the limit on connections; nothing can queue up again
 * on a Unix socket afterwards (a TCP listener takes connections until it is closed). Adds to *count
 * those accepted; false: some are left, because descriptors or memory ran out. Called while the
 * worker is parked. */
bool acceptor_drain(struct port *port, unsigned *count);

#endif
