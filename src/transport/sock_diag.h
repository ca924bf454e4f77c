/* SPDX-License-Identifier: ISC */
/*
 * Asks the kernel how many bytes the peer's program has not read yet, through sock_diag(7).
 *
 * The queue of the own socket shows progress in coarse steps: a Unix socket frees what one send
 * took when all of it is read, and TCP opens its window by a segment or a sixteenth of the receive
 * buffer, whichever is more (measured over loopback: 64 to 128 KiB). A peer on this machine can be
 * asked for its own queue, which is exact.
 */
#ifndef TRANSPORT_SOCK_DIAG_H
#define TRANSPORT_SOCK_DIAG_H

#include "base/reason.h"

#include <sys/types.h>

/* Used by one thread. fd is negative where the kernel has no sock_diag. */
struct sock_diag {
    int fd;
};

void sock_diag_init(struct sock_diag *diag);
void sock_diag_release(struct sock_diag *diag);

/* Bytes sent through this connection that the peer has not read, or a negative errno. Exact when
 * the peer is a socket of this network namespace; otherwise what io_unsent tells. Never waits. */
ssize_t sock_diag_unread(struct sock_diag *diag, int fd) MUST_CHECK;

#endif
