/* SPDX-License-Identifier: ISC */
#include "transport/address.h"

#include "transport/address_family.h"
#include "transport/address_inet.h"
#include "transport/address_unix.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static const struct address_family *const families[] = {
    &address_unix,
    &address_inet,
    &address_inet6,
};

/* The last row is for those that are unknown. */
static const struct protocol {
    int number;
    const char *name;
    const char *scheme; /* before the addresses that would be read as another protocol's */
} protocols[] = {
    {0, "0", ""},
    {IPPROTO_TCP, "IPPROTO_TCP", ""},
    {ADDRESS_MPTCP, "IPPROTO_MPTCP", "mptcp:"},
    {-1, "IPPROTO_?", ""},
};

static const struct protocol *find_protocol(int number)
{
    const struct protocol *row = protocols;

    while (row->number >= 0 && row->number != number)
        row++;
    return row;
}

/* NULL when no row has it. */
static const struct address_family *find_family(int family)
{
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (families[i]->family == family)
            return families[i];
    return NULL;
}

/* NULL when the family is unknown, or its addresses name no machine. */
static const struct address_host *find_host(const struct address *address)
{
    const struct address_family *family = find_family(address_family(address));

    return family ? family->host : NULL;
}

const char *address_format(const struct address *address, char *text, size_t size)
{
    const struct address_family *family = find_family(address_family(address));
    size_t used = (size_t)snprintf(text, size, "%s", find_protocol(address->protocol)->scheme);

    if (family && used < size)
        family->format(address, text + used, size - used);
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

bool address_has_port(const struct address *address)
{
    return find_host(address) != NULL;
}

uint32_t address_port(const struct address *address)
{
    const struct address_host *host = find_host(address);

    return host ? host->port(address) : 0;
}

void address_set_port(struct address *address, uint32_t port)
{
    const struct address_host *host = find_host(address);

    if (host)
        host->set_port(address, port);
}

bool address_is_local(const struct address *address)
{
    const struct address_family *family = find_family(address_family(address));

    return family && (!family->host || family->host->is_local(address));
}

int address_source(const struct address *address, unsigned char source[16])
{
    const struct address_host *host = find_host(address);

    if (!host)
        return -1;
    memset(source, 0, 16);
    host->source(address, source);
    return 0;
}

enum address_overlap address_overlap(const struct address *a, const struct address *b)
{
    const struct address_family *family = find_family(address_family(a));
    enum address_overlap overlap;

    if (!family || family->family != address_family(b))
        return ADDRESS_APART;
    overlap = family->overlap(a, b);
    /* A socket of one protocol cannot serve as that of the other. */
    return overlap == ADDRESS_SAME && a->protocol != b->protocol ? ADDRESS_OVERLAP : overlap;
}

const char *address_family_name(int family)
{
    const struct address_family *row = find_family(family);

    return row ? row->name : "AF_?";
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
    return find_protocol(protocol)->name;
}
