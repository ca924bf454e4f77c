/* SPDX-License-Identifier: ISC */
/* The plain data of endpoint.h, on which the schemes' files build as well. */
#ifndef TRANSPORT_ENDPOINT_VALUE_H
#define TRANSPORT_ENDPOINT_VALUE_H

#include <stdbool.h>

/* What sort of socket is meant; each kind has a row in the table of schemes (endpoint.c) and, once
 * it can be used, one in the table of transports (transport.c). */
enum endpoint_kind {
    ENDPOINT_UNIX,
    ENDPOINT_TCP,
    ENDPOINT_MPTCP,
    ENDPOINT_SYSTEMD,
    ENDPOINT_FD,
    ENDPOINT_KINDS
};

enum endpoint_family { ENDPOINT_ANY_FAMILY, ENDPOINT_IPV4, ENDPOINT_IPV6 };

/* What the layers above ask instead of the kind. */
enum endpoint_trait {
    ENDPOINT_HAS_HOST = 1 << 0,        /* name is a host, "*" for every address; port_text a port */
    ENDPOINT_HAS_PATH = 1 << 1,        /* name is a path, and the file has a mode and an owner */
    ENDPOINT_HAS_CREDENTIALS = 1 << 2, /* a server learns who its clients are */
    ENDPOINT_IS_TCP = 1 << 3,          /* has TCP's options: nodelay, keepalive */
    ENDPOINT_HAS_BACKLOG = 1 << 4,     /* the server sets how many clients may queue */
    ENDPOINT_IS_INHERITED = 1 << 5     /* a socket that the server gets from whoever starts it */
};

#define ENDPOINT_NAME_MAX 255

struct endpoint {
    enum endpoint_kind kind;
    enum endpoint_family family; /* tcp4: and tcp6: ask for one */
    bool is_abstract;            /* a Unix socket without a file; the name has any bytes */
    unsigned short length;       /* bytes used in name */
    /* The path, absolute or relative ("./x" or "x"), the abstract name without the leading NUL, the
     * host, the name of the inherited socket ("" for all). Always terminated as well. */
    char name[ENDPOINT_NAME_MAX + 1];
    char port_text[32]; /* "7777", "echo", "" when none was written; the number of fd:N */
};

#endif
