/* SPDX-License-Identifier: ISC */
#include "base/seam.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

static int result(int value)
{
    return value < 0 ? -errno : value;
}

int seam_socket(int family, int type, int protocol)
{
    return result(socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
}

int seam_bind(int fd, const struct sockaddr *address, socklen_t length)
{
    return result(bind(fd, address, length));
}

int seam_listen(int fd, int backlog)
{
    return result(listen(fd, backlog));
}

int seam_accept(int fd, struct sockaddr *address, socklen_t *length)
{
    return result(accept4(fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

int seam_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    return result(connect(fd, address, length));
}

int seam_setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    return result(setsockopt(fd, level, name, value, length));
}

int seam_shutdown(int fd, int how)
{
    return result(shutdown(fd, how));
}

int seam_pipe(int fds[2])
{
    return result(pipe2(fds, O_NONBLOCK | O_CLOEXEC));
}

void *seam_allocate(size_t size)
{
    return calloc(1, size);
}

pid_t seam_getppid(void)
{
    return getppid();
}

int seam_pidfd_open(pid_t process)
{
    /* Older libraries have no function for it and older headers no number. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
    return result((int)syscall(SYS_pidfd_open, process, 0));
}

static ssize_t moved(ssize_t count)
{
    return count < 0 ? -errno : count;
}

ssize_t seam_recv(int fd, void *bytes, size_t size)
{
    return moved(recv(fd, bytes, size, 0));
}

ssize_t seam_send(int fd, const void *bytes, size_t length)
{
    return moved(send(fd, bytes, length, MSG_NOSIGNAL));
}

ssize_t seam_splice(int from, int to, size_t length)
{
    return moved(splice(from, NULL, to, NULL, length, SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
}

int seam_epoll_wait(int fd, struct epoll_event *events, int capacity, int timeout_ms)
{
    return result(epoll_wait(fd, events, capacity, timeout_ms));
}
