/* SPDX-License-Identifier: ISC */
/* Steps that tests of sockets have in common; each fails the test when it fails. */
#ifndef TESTS_LIB_SOCKETS_H
#define TESTS_LIB_SOCKETS_H

#include "base/loop.h"
#include "transport/transport.h"

/* Backlog 16, mode 0660, nothing else. */
extern const struct listen_options sockets_plain;

/* The first address of an endpoint. */
struct address sockets_resolve(const struct endpoint *endpoint, enum transport_role role);

/* Listens, with NULL plainly; *bound is the address that clients connect to. */
struct transport_listener sockets_listen(const struct endpoint *endpoint,
                                         const struct listen_options *options,
                                         struct address *bound);

/* A connection that stands, and its other end. */
int sockets_connect(const struct address *address);
int sockets_accept(int listen_fd, struct address *peer);

/* The two ends of a connection: fds[0] as a server accepts it, non-blocking, fds[1] the client's.
 */
void sockets_unix_pair(int fds[2]);
void sockets_tcp_pair(int fds[2]);

/* Waits for poll(2)'s events, 5 s at most. */
void sockets_wait(int fd, short events);
/* The same for a source of a loop and, where it is watched for reading, until the loop has it too:
 * poll(2) may see an event before the wake-up on another CPU has told epoll. */
void sockets_wait_watched(const struct loop *loop, const struct loop_source *source, short events);

/* Exactly this text, or the end of the stream for "", is what one read gives. */
void sockets_expect(int fd, const char *text);

/* What a function answers in a child process with the rights of an ordinary user: nobody's when we
 * are root, else our own. */
int sockets_unprivileged(int (*body)(const struct address *address, struct reason *why),
                         const struct address *address, struct reason *why);

#endif
