/* SPDX-License-Identifier: ISC */
/* Bytes through a descriptor of any family. Counts are >= 0, failures the negative errno. Nothing
 * waits: the descriptors are non-blocking. An interrupted call moved nothing and answers -EAGAIN as
 * well: whoever waits for the descriptor is told at once that it is ready and tries again. */
#ifndef TRANSPORT_IO_H
#define TRANSPORT_IO_H

#include "base/reason.h"
#include "base/seam.h"

#include <errno.h>
#include <stddef.h>
#include <sys/types.h>

/* 0 is the end of the stream. */
MUST_CHECK static inline ssize_t io_receive(int fd, void *bytes, size_t size)
{
    ssize_t count = seam_recv(fd, bytes, size);

    return count == -EINTR ? -EAGAIN : count;
}

/* May send less than asked. Never raises SIGPIPE. */
MUST_CHECK static inline ssize_t io_send(int fd, const void *bytes, size_t length)
{
    ssize_t count = seam_send(fd, bytes, length);

    return count == -EINTR ? -EAGAIN : count;
}

/* Moves bytes between a socket and a pipe without copying them through user space. */
MUST_CHECK static inline ssize_t io_splice(int from, int to, size_t length)
{
    ssize_t count = seam_splice(from, to, length);

    return count == -EINTR ? -EAGAIN : count;
}

/* For a descriptor that others have as well; what they did to it meanwhile is undone. */
void io_make_nonblocking(int fd);

/* Ends our direction: the peer reads to the end and then sees it. */
int io_half_close(int fd) MUST_CHECK;
/* Bytes that the kernel holds and the peer has not taken yet; < 0 where it cannot tell. */
ssize_t io_unsent(int fd);
/* Bytes that have arrived and were not received yet; 0 where the kernel cannot tell. */
size_t io_waiting(int fd);
/* Makes the close that follows a reset where the family can (TCP): what is still unsent is lost,
 * and the peer learns that it is. A Unix socket is reset when it is closed with unread input. */
void io_reset_at_close(int fd);
/* Closes and sets -1; nothing when already -1. */
void io_close(int *fd);

/* The value of an integer option of SOL_SOCKET, which is never negative; or a negative errno. */
int io_option(int fd, int name) MUST_CHECK;
/* Bounds what the kernel keeps of what is sent and not yet taken, by its own way of counting. 0, or
 * a negative errno. */
int io_bound_queue(int fd, size_t size) MUST_CHECK;

#endif
