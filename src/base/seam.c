/* SPDX-License-Identifier: ISC */
#include "base/seam.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
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

/* One system call without the library around it; the kernel itself answers with the negative errno.
 */
static inline long call(long number, long a, long b, long c, long d, long e, long f)
{
#ifdef __x86_64__
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long value;

    __asm__ volatile("syscall"
                     : "=a"(value)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return value;
#else
    long value = syscall(number, a, b, c, d, e, f);

    return value < 0 ? -errno : value;
#endif
}

ssize_t seam_recv(int fd, void *bytes, size_t size)
{
    return call(SYS_recvfrom, fd, (long)bytes, (long)size, 0, 0, 0);
}

ssize_t seam_send(int fd, const void *bytes, size_t length)
{
    return call(SYS_sendto, fd, (long)bytes, (long)length, MSG_NOSIGNAL, 0, 0);
}

ssize_t seam_splice(int from, int to, size_t length)
{
    return call(SYS_splice, from, 0, to, 0, (long)length, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

int seam_epoll_wait(int fd, struct epoll_event *events, int capacity, int timeout_ms)
{
    /* The kernel's sigset size, 8, goes with a NULL set. */
    return (int)call(SYS_epoll_pwait, fd, (long)events, capacity, timeout_ms, 0, 8);
}
