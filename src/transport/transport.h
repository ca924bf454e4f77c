/* SPDX-License-Identifier: ISC */
/*
 * From an endpoint to a socket. Transports differ in how an endpoint becomes a socket and in
 * nothing after that: once the descriptor exists, io.h serves them all.
 *
 * Every descriptor is non-blocking and close-on-exec from its birth and belongs to the caller.
 * Nothing here allocates or logs. transport_resolve may block (name service); nothing else waits.
 */
#ifndef TRANSPORT_TRANSPORT_H
#define TRANSPORT_TRANSPORT_H

#include "base/reason.h"
#include "transport/address.h"
#include "transport/endpoint.h"
#include "transport/locks.h"
#include "transport/transport_value.h"

#include <stdbool.h>
#include <sys/types.h>

#define TRANSPORT_ADDRESSES_MAX 64

/* The addresses of an endpoint, each once, in the order of getaddrinfo(3). Returns their number
 * (>= 1) or -1: DNS, SERVICE, UNREACHABLE, USAGE (a server without a port, a client with port 0).
 */
int transport_resolve(const struct endpoint *endpoint, enum transport_role role,
                      struct address *list, size_t capacity, struct reason *why) MUST_CHECK;

/* socket, bind, mode and owner, listen. On failure nothing is left: no descriptor, no path, and a
 * live or foreign path is untouched. The sentence names the step and the object. */
int transport_listen(struct transport_listener *listener, const struct address *address,
                     const struct listen_options *options, struct reason *why) MUST_CHECK;

/* What transport_listen would find in the place of an address, short of binding: its directory is
 * missing, no file can be made there, there is one that is no socket, or this process may not give
 * the file to that owner and group. A socket that answers is no error: it may be that of the server
 * that is to be reloaded. */
int transport_check(const struct address *address, const struct listen_options *options,
                    struct reason *why) MUST_CHECK;

/* Removes our path if it is still ours. To be called while the socket still listens: a successor
 * never touches a path at which somebody answers, so no lock is needed. */
void transport_remove_path(struct transport_listener *listener);

/* Removes the path as well, then closes. Fine on a listener that never opened (fd -1). */
void transport_unlisten(struct transport_listener *listener);

/* Whether clients reach the socket by its path: false once the path is gone or leads elsewhere.
 * True where there is no path. */
bool transport_is_reachable(const struct transport_listener *listener);

/* "unix", "tcp", "mptcp": the kind of socket that has such an address; "?" when no row has it. */
const char *transport_name(const struct address *address);

/* What a server asks of the sockets of an endpoint. Whether each worker has a socket of its own on
 * the same port; otherwise one worker accepts, and hands over. And whether shutdown(2) of a
 * listening socket refuses new clients and leaves those that wait in its queue. */
bool transport_shares_port(const struct endpoint *endpoint);
bool transport_ends_queue(const struct endpoint *endpoint);

/* Accepts one connection from a socket that listens on the address: its descriptor, ready for use
 * (out-of-band bytes inline), or a negative errno. *peer gets the peer's address, with the protocol
 * that the connection speaks. */
int transport_accept(int listen_fd, const struct address *local, struct address *peer) MUST_CHECK;

/* The address a socket is bound to, with the port that the kernel picked. 0 or a negative errno. */
int transport_local_address(int fd, struct address *address) MUST_CHECK;
/* The address of the other end. 0 or a negative errno: ENOENT when it has none, as most clients of
 * Unix sockets. */
int transport_peer_address(int fd, struct address *address) MUST_CHECK;

/* Starts to connect. Returns the descriptor (out-of-band bytes inline); *pending says that the
 * result comes later: wait until it is writable and ask transport_connect_result. -1 with *why:
 * REFUSED, NOENT, PERM (names the file or directory that lacks the permission), and code EAGAIN for
 * a Unix socket whose backlog is full (poll(2) would report it ready at once: try again on a
 * timer). */
int transport_connect(const struct address *address, const struct address *source, bool *pending,
                      struct reason *why) MUST_CHECK;

/* After the wait: 0 when connected, -1 with *why; the caller closes. SELF when TCP has connected
 * the socket to itself, which a closed port in the ephemeral range makes possible. */
int transport_connect_result(int fd, const struct address *address, struct reason *why) MUST_CHECK;

/* The protocol that a connection speaks, which was made to or accepted at the address: the
 * address's own, or another where the peer lacks that. */
int transport_protocol(int fd, const struct address *address);

/* Of a TCP connection; with several paths, of its first. 0, or a negative errno, also when it is
 * not TCP. */
int transport_tcp_state(int fd, struct transport_tcp_state *state) MUST_CHECK;

/* What a Unix endpoint has on disk, for people who ask why it does not answer. */
struct transport_path_state {
    bool exists, is_socket;
    mode_t mode;
    uid_t owner;
    gid_t group;
};
int transport_path_state(const struct endpoint *endpoint, struct transport_path_state *state);

/* The rows of the table of transports, from 0; NULL after the last. */
const struct transport *transport_at(size_t row);

#endif
