/* SPDX-License-Identifier: ISC */
/* What the machine that the tests run on may lack, and where they make their files. */
#ifndef TESTS_LIB_ROOM_H
#define TESTS_LIB_ROOM_H

#include "lib/testing.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* A test, or a row of its table, that cannot run here: tests/driver.py counts these lines. */
static inline void leave_out(const char *what, const char *why)
{
    fprintf(stderr, "left out: %s: %s\n", what, why);
}

/* Whether an IPv6 socket can be made and bound to ::1. */
static inline int has_ipv6(void)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    int fd = socket(AF_INET6, SOCK_STREAM, 0), found;

    found = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0)
        close(fd);
    return found;
}

/* Whether the kernel has MPTCP (IPPROTO_MPTCP is 262) and it is switched on. */
static inline bool has_mptcp(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 262);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Whether an endpoint, or all that is done with it, is left out: it has an IPv6 literal, or the
 * name of a service (/etc/services), and the machine knows none. */
static inline int is_left_out(const char *endpoint)
{
    const char *why = NULL;

    if (strncmp(endpoint, "mptcp:", 6) == 0 && !has_mptcp())
        why = "no MPTCP";
    else if (strchr(endpoint, '[') && !has_ipv6())
        why = "no IPv6";
    else if (strstr(endpoint, ":echo") && !getservbyname("echo", "tcp"))
        why = "no /etc/services";
    if (why)
        leave_out(endpoint, why);
    return why != NULL;
}

#define DIRECTORY_SIZE 64

/* A new directory in TMPDIR, if that leaves the paths of sockets short. */
static inline void make_test_directory(char path[DIRECTORY_SIZE])
{
    const char *parent = getenv("TMPDIR");

    snprintf(path, DIRECTORY_SIZE, "%s/echo-test-XXXXXX",
             parent && strlen(parent) + sizeof "/echo-test-XXXXXX" <= DIRECTORY_SIZE ? parent
                                                                                     : "/tmp");
    assert_non_null(mkdtemp(path));
}

#endif
