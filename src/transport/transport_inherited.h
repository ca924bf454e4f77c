/* SPDX-License-Identifier: ISC */
/*
 * Listening sockets that whoever starts the process leaves open for it: those of a service manager,
 * as sd_listen_fds(3) has them, and others by their number. They are of the kinds that the table of
 * transports has; only where they come from differs, so this is no row of it.
 *
 * A socket is the process's until a listener takes it and the listener's from then on. It is never
 * shut down and its path never removed, because others have it as well. For one thread.
 */
#ifndef TRANSPORT_TRANSPORT_INHERITED_H
#define TRANSPORT_TRANSPORT_INHERITED_H

#include "base/reason.h"
#include "transport/address_value.h"
#include "transport/endpoint_value.h"

#include <stdbool.h>
#include <stddef.h>

/* Reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES and removes them from the environment; to be
 * called before anything else opens a descriptor. No sockets when the variables are missing or
 * meant for another process. USAGE for a value that cannot be right, and for a descriptor that is
 * no listening stream socket. */
int transport_inherited_init(struct reason *why) MUST_CHECK;

/* Whether it is a listening socket: there is nothing to write to. */
bool transport_inherited_listens(int fd);

/* Which of the sockets the listeners name: forgets what was claimed, then once for each endpoint.
 */
void transport_inherited_unclaim(void);
void transport_inherited_claim(const struct endpoint *endpoint);

/* Whether a check of settings cannot see what the endpoint means: systemd: where no service manager
 * has passed a socket, fd: where the descriptor is not open. */
bool transport_inherited_is_absent(const struct endpoint *endpoint);

/* Whether each socket of the service manager is claimed or was taken earlier. -1: USAGE. */
int transport_inherited_check(struct reason *why) MUST_CHECK;

/* transport_resolve of a systemd: or fd: endpoint; systemd: means those that no other endpoint has
 * claimed. After transport_inherited_seal numbers that were not known before are refused, because
 * they may be those of sockets of our own. */
int transport_inherited_resolve(const struct endpoint *endpoint, struct address *list,
                                size_t capacity, struct reason *why) MUST_CHECK;
void transport_inherited_seal(void);

/* Takes the socket with this address: its descriptor, or -1. */
int transport_inherited_take(const struct address *address, struct reason *why) MUST_CHECK;

#endif
