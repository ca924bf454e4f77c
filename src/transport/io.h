/* SPDX-License-Identifier: ISC */
/* Bytes through a descriptor of any family. Counts are >= 0, failures the negative errno; EINTR is
 * retried here and never seen above. Nothing waits: the descriptors are non-blocking. */
#ifndef TRANSPORT_IO_H
#define TRANSPORT_IO_H

#include "base/reason.h"

#include <stddef.h>
#include <sys/types.h>

/* 0 is the end of the stream. */
ssize_t io_receive(int fd, void *bytes, size_t size) MUST_CHECK;
/* May send less than asked. Never raises SIGPIPE. */
ssize_t io_send(int fd, const void *bytes, size_t length) MUST_CHECK;
/* Moves bytes between a socket and a pipe without copying them through user space. */
ssize_t io_splice(int from, int to, size_t length) MUST_CHECK;
/* Ends our direction: the peer reads to the end and then sees it. */
int io_half_close(int fd) MUST_CHECK;
/* Bytes that the kernel holds and the peer has not taken yet; < 0 where it cannot tell. */
ssize_t io_unsent(int fd);
/* Closes and sets -1; nothing when already -1. */
void io_close(int *fd);

#endif
