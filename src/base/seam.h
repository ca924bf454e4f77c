/* SPDX-License-Identifier: ISC */
/*
 * The seam: the system calls that tests replace, each a thin function of its own. A test links with
 * -Wl,--wrap=seam_recv and the like (tests/lib/faults.c), so the programs carry no hook at all.
 *
 * All return what the call returns, or the negative errno: errno is read here and nowhere above.
 */
#ifndef BASE_SEAM_H
#define BASE_SEAM_H

#include <sys/socket.h>
#include <sys/types.h>

struct epoll_event;

int seam_socket(int family, int type, int protocol);
int seam_bind(int fd, const struct sockaddr *address, socklen_t length);
int seam_listen(int fd, int backlog);
int seam_accept(int fd, struct sockaddr *address,
                socklen_t *length); /* non-blocking, close-on-exec */
int seam_connect(int fd, const struct sockaddr *address, socklen_t length);
int seam_setsockopt(int fd, int level, int name, const void *value, socklen_t length);
int seam_shutdown(int fd, int how);
int seam_pipe(int fds[2]);        /* non-blocking, close-on-exec */
void *seam_allocate(size_t size); /* calloc(1, size) */
pid_t seam_getppid(void);
int seam_pidfd_open(pid_t process); /* close-on-exec, as the kernel makes it */

/* These four are called once or more per message. They call the library, not the kernel: so
 * sanitizers see the bytes, and so do the libraries that people preload to bypass or trace the
 * kernel's sockets. */
ssize_t seam_recv(int fd, void *bytes, size_t size);
ssize_t seam_send(int fd, const void *bytes, size_t length); /* MSG_NOSIGNAL */
ssize_t seam_splice(int from, int to, size_t length);
int seam_epoll_wait(int fd, struct epoll_event *events, int capacity, int timeout_ms);

#endif
