/* SPDX-License-Identifier: ISC */
#include "transport/address.h"

#include "transport/transport_ops.h"

#include <endian.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

const char *address_format(const struct address *address, char *text, size_t size)
{
    const struct transport_ops *ops = transport_by_family(address_family(address));

    if (ops)
        ops->format(address, text, size);
    else
        snprintf(text, size, "(family %d)", address_family(address));
    return text;
}

int address_compare(const struct address *a, const struct address *b)
{
    /* Whoever fills an address zeroes it first, so unused bytes are equal. */
    if (address_family(a) != address_family(b))
        return address_family(a) < address_family(b) ? -1 : 1;
    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    return memcmp(&a->storage, &b->storage, a->length);
}

unsigned address_port(const struct address *address)
{
    const struct transport_ops *ops = transport_by_family(address_family(address));
    struct address copy = *address;
    const uint16_t *port = ops ? ops->port(&copy) : NULL;

    return port ? be16toh(*port) : 0;
}

void address_set_port(struct address *address, unsigned port)
{
    const struct transport_ops *ops = transport_by_family(address_family(address));
    uint16_t *place = ops ? ops->port(address) : NULL;

    if (place)
        *place = htobe16((uint16_t)port);
}

int address_is_local(const struct address *address)
{
    const struct transport_ops *ops = transport_by_family(address_family(address));

    return ops && ops->is_local(address);
}

int address_source(const struct address *address, unsigned char source[16])
{
    const struct transport_ops *ops = transport_by_family(address_family(address));

    return ops ? ops->source(address, source) : -1;
}

const char *address_family_name(int family)
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

const char *address_type_name(int type)
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

const char *address_protocol_name(int protocol)
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
