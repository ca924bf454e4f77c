/* SPDX-License-Identifier: ISC */
/* Who is at the other end of a Unix connection: SO_PEERCRED in unix(7). */
#ifndef TRANSPORT_CREDENTIALS_H
#define TRANSPORT_CREDENTIALS_H

#include "base/reason.h"

#include <sys/types.h>

struct credentials {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

/* 0, or a negative errno (ENOTSUP for TCP). */
int credentials_read(int fd, struct credentials *credentials) MUST_CHECK;

#endif
