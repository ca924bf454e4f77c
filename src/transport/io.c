/* SPDX-License-Identifier: ISC */
#include "transport/io.h"

#include "base/seam.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <unistd.h>

void io_make_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags >= 0 && !(flags & O_NONBLOCK))
        (void)!fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int io_half_close(int fd)
{
    return seam_shutdown(fd, SHUT_WR);
}

ssize_t io_unsent(int fd)
{
    int bytes;

    if (ioctl(fd, SIOCOUTQ, &bytes) < 0)
        return -errno;
    return bytes;
}

size_t io_waiting(int fd)
{
    int bytes;

    return ioctl(fd, FIONREAD, &bytes) == 0 ? (size_t)bytes : 0;
}

void io_reset_at_close(int fd)
{
    const struct linger none = {.l_onoff = 1};

    /* Refused, the peer sees an end instead: nothing that could be done about it here. */
    (void)!seam_setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

void io_close(int *fd)
{
    if (*fd < 0)
        return;
    /* Linux has released the descriptor even when close reports EINTR: a second try could close
     * what another thread has just opened. */
    close(*fd);
    *fd = -1;
}

int io_option(int fd, int name)
{
    socklen_t length = sizeof(int);
    int value;

    return getsockopt(fd, SOL_SOCKET, name, &value, &length) < 0 ? -errno : value;
}

int io_bound_queue(int fd, size_t size)
{
    int half = (int)(size / 2); /* the kernel doubles it: socket(7) */

    return seam_setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &half, sizeof half);
}
