/* SPDX-License-Identifier: ISC */
#include "transport/address_inet.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static struct sockaddr_in *ipv4(const struct address *address)
{
    return (struct sockaddr_in *)&address->storage;
}

static struct sockaddr_in6 *ipv6(const struct address *address)
{
    return (struct sockaddr_in6 *)&address->storage;
}

static void inet_format(const struct address *address, char *text, size_t size)
{
    char host[INET_ADDRSTRLEN] = "";

    inet_ntop(AF_INET, &ipv4(address)->sin_addr, host, sizeof host);
    snprintf(text, size, "%s:%u", host, ntohs(ipv4(address)->sin_port));
}

static void inet6_format(const struct address *address, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN] = "", zone[IF_NAMESIZE + 1] = "";
    unsigned scope = ipv6(address)->sin6_scope_id;

    inet_ntop(AF_INET6, &ipv6(address)->sin6_addr, host, sizeof host);
    if (scope) {
        zone[0] = '%';
        if (!if_indextoname(scope, zone + 1))
            snprintf(zone + 1, sizeof zone - 1, "%u", scope);
    }
    snprintf(text, size, "[%s%s]:%u", host, zone, ntohs(ipv6(address)->sin6_port));
}

static uint32_t inet_port(const struct address *address)
{
    return ntohs(ipv4(address)->sin_port);
}

static uint32_t inet6_port(const struct address *address)
{
    return ntohs(ipv6(address)->sin6_port);
}

static void inet_set_port(struct address *address, uint32_t port)
{
    ipv4(address)->sin_port = htons((uint16_t)port);
}

static void inet6_set_port(struct address *address, uint32_t port)
{
    ipv6(address)->sin6_port = htons((uint16_t)port);
}

static bool inet_is_local(const struct address *address)
{
    return ntohl(ipv4(address)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

static bool inet6_is_local(const struct address *address)
{
    const struct in6_addr *host = &ipv6(address)->sin6_addr;

    return IN6_IS_ADDR_LOOPBACK(host) || (IN6_IS_ADDR_V4MAPPED(host) && host->s6_addr[12] == 127);
}

static void inet_source(const struct address *address, unsigned char source[16])
{
    memset(source + 10, 0xff, 2);
    memcpy(source + 12, &ipv4(address)->sin_addr, 4);
}

static void inet6_source(const struct address *address, unsigned char source[16])
{
    const struct in6_addr *host = &ipv6(address)->sin6_addr;

    memcpy(source, host, IN6_IS_ADDR_V4MAPPED(host) ? 16 : 8);
}

static enum address_overlap overlap(const struct address *a, const struct address *b,
                                    bool same_port, bool any)
{
    if (!same_port)
        return ADDRESS_APART;
    if (memcmp(&a->storage, &b->storage, a->length) == 0)
        return ADDRESS_SAME;
    return any ? ADDRESS_OVERLAP : ADDRESS_APART;
}

static bool is_any(const struct address *address)
{
    return ipv4(address)->sin_addr.s_addr == htonl(INADDR_ANY);
}

/* The kernel picks another one for each port 0. */
static enum address_overlap inet_overlap(const struct address *a, const struct address *b)
{
    return overlap(a, b, inet_port(a) && inet_port(a) == inet_port(b), is_any(a) || is_any(b));
}

static bool is_any6(const struct address *address)
{
    return IN6_IS_ADDR_UNSPECIFIED(&ipv6(address)->sin6_addr);
}

static enum address_overlap inet6_overlap(const struct address *a, const struct address *b)
{
    return overlap(a, b, inet6_port(a) && inet6_port(a) == inet6_port(b), is_any6(a) || is_any6(b));
}

void address_inet_normalise(struct address *address)
{
    struct sockaddr_in6 mapped = *ipv6(address);

    if (address_family(address) != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&mapped.sin6_addr))
        return;
    address->storage = (struct sockaddr_storage){.ss_family = AF_INET};
    address->length = sizeof(struct sockaddr_in);
    ipv4(address)->sin_port = mapped.sin6_port;
    memcpy(&ipv4(address)->sin_addr, mapped.sin6_addr.s6_addr + 12, 4);
}

const struct address_family address_inet = {
    .family = AF_INET,
    .name = "AF_INET",
    .host = &(const struct address_host){inet_port, inet_set_port, inet_is_local, inet_source},
    .format = inet_format,
    .overlap = inet_overlap,
};

const struct address_family address_inet6 = {
    .family = AF_INET6,
    .name = "AF_INET6",
    .host = &(const struct address_host){inet6_port, inet6_set_port, inet6_is_local, inet6_source},
    .format = inet6_format,
    .overlap = inet6_overlap,
};
