/* SPDX-License-Identifier: ISC */
/* The plain data of address.h, on which the families' files build as well. */
#ifndef TRANSPORT_ADDRESS_VALUE_H
#define TRANSPORT_ADDRESS_VALUE_H

#include <sys/socket.h>

/* IPPROTO_MPTCP of <netinet/in.h>, which older C libraries lack (RFC 8684). */
#define ADDRESS_MPTCP 262

struct address {
    int type;         /* SOCK_STREAM */
    int protocol;     /* IPPROTO_TCP, ADDRESS_MPTCP, 0 */
    socklen_t length; /* bytes used in storage; the others are zero */
    struct sockaddr_storage storage;
};

static inline int address_family(const struct address *address)
{
    return address->storage.ss_family;
}

/* Whether a socket that listens on one address keeps another one from being bound. */
enum address_overlap {
    ADDRESS_APART,
    ADDRESS_OVERLAP, /* it does, as "*:7777" does with "127.0.0.1:7777" */
    ADDRESS_SAME     /* they are one, perhaps in two spellings of a path */
};

#endif
