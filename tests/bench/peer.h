/* SPDX-License-Identifier: ISC */
/* Where the programs to compare with listen or connect: "/path" or a port of 127.0.0.1. They check
 * nothing that the comparison does not need: they are the floor, not an example. */
#ifndef TESTS_BENCH_PEER_H
#define TESTS_BENCH_PEER_H

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static inline int peer_socket(const char *where, int flags, struct sockaddr_storage *address,
                              socklen_t *length)
{
    struct sockaddr_un *local = (struct sockaddr_un *)address;
    struct sockaddr_in *remote = (struct sockaddr_in *)address;
    int is_path = where[0] == '/', one = 1;
    int fd = socket(is_path ? AF_UNIX : AF_INET, SOCK_STREAM | flags, 0);

    memset(address, 0, sizeof *address);
    if (is_path) {
        local->sun_family = AF_UNIX;
        snprintf(local->sun_path, sizeof local->sun_path, "%s", where);
        *length = sizeof *local;
    } else {
        remote->sin_family = AF_INET;
        remote->sin_port = htons((unsigned short)atoi(where));
        remote->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        *length = sizeof *remote;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    return fd;
}

/* Prints where it listens: "/path", or the port. */
static inline int peer_listen(const char *where)
{
    struct sockaddr_storage address;
    socklen_t length;
    int fd = peer_socket(where, SOCK_NONBLOCK, &address, &length);

    if (where[0] == '/')
        unlink(where);
    if (bind(fd, (struct sockaddr *)&address, length) < 0 || listen(fd, 4096) < 0)
        err(2, "%s", where);
    getsockname(fd, (struct sockaddr *)&address, &length);
    if (where[0] == '/')
        printf("%s\n", where);
    else
        printf("%d\n", ntohs(((struct sockaddr_in *)&address)->sin_port));
    fflush(stdout);
    return fd;
}

#endif
