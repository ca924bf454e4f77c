/* SPDX-License-Identifier: ISC */
#include "transport/io.h"

#include "base/seam.h"

#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <unistd.h>

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

void io_close(int *fd)
{
    if (*fd < 0)
        return;
    /* Linux has released the descriptor even when close reports EINTR: a second try could close
     * what another thread has just opened. */
    close(*fd);
    *fd = -1;
}
