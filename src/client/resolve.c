/* SPDX-License-Identifier: ISC */
#include "client/resolve.h"

#include <netinet/in.h>
#include <sys/socket.h>

const char *resolve_family_name(int family)
{
    switch (family) {
    case AF_UNIX:
        return "AF_UNIX";
    case AF_INET:
        return "AF_INET";
    case AF_INET6:
        return "AF_INET6";
    default:
        return "AF_?";
    }
}

const char *resolve_type_name(int type)
{
    switch (type) {
    case SOCK_STREAM:
        return "SOCK_STREAM";
    case SOCK_DGRAM:
        return "SOCK_DGRAM";
    case SOCK_SEQPACKET:
        return "SOCK_SEQPACKET";
    default:
        return "SOCK_?";
    }
}

const char *resolve_protocol_name(int protocol)
{
    switch (protocol) {
    case 0:
        return "0";
    case IPPROTO_TCP:
        return "IPPROTO_TCP";
    case IPPROTO_UDP:
        return "IPPROTO_UDP";
    default:
        return "IPPROTO_?";
    }
}
