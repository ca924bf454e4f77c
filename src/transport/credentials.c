/* SPDX-License-Identifier: ISC */
#include "transport/credentials.h"

#include <errno.h>
#include <sys/socket.h>

int credentials_read(int fd, struct credentials *credentials)
{
    struct ucred ucred = {0};
    socklen_t length = sizeof ucred;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &ucred, &length) < 0)
        return -errno;
    /* What the kernel answers for a family that has no such thing. */
    if (ucred.uid == (uid_t)-1)
        return -ENOTSUP;
    *credentials = (struct credentials){ucred.pid, ucred.uid, ucred.gid};
    return 0;
}
