/* SPDX-License-Identifier: ISC */
#include "transport/endpoint_inet.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* Longest name in the DNS (RFC 1035). */
#define HOST_LENGTH_MAX 253

bool endpoint_inet_is_literal(const char *name)
{
    struct in_addr bytes;

    return strchr(name, ':') || inet_pton(AF_INET, name, &bytes) == 1;
}

/* "tcp" of "tcp4". */
static int stem_length(const struct endpoint_scheme *scheme)
{
    return (int)strcspn(scheme->name, "46");
}

static bool only_digits(const char *text)
{
    return *text && !text[strspn(text, "0123456789")];
}

/* "127.1", "0x7f.1" and "010.0.0.1" are addresses to inet_aton(3), each in its own surprising way.
 * What ends in a number is meant as an address and must be a plain one. */
static bool ends_in_number(const char *host)
{
    const char *dot = strrchr(host, '.');
    const char *last = dot ? dot + 1 : host;

    if (last[0] == '0' && (last[1] == 'x' || last[1] == 'X'))
        return !last[2 + strspn(last + 2, "0123456789abcdefABCDEF")];
    return only_digits(last);
}

static int take_name(struct endpoint *endpoint, const char *name)
{
    size_t length = strlen(name);

    endpoint->length = (unsigned short)length;
    memcpy(endpoint->name, name, length + 1);
    return 0;
}

/* text is NULL when no colon was written. */
static int take_port(struct endpoint *endpoint, const char *text, struct reason *why)
{
    uint64_t port;

    if (!text)
        return 0;
    if (!*text)
        return reason_set(why, REASON_USAGE, 0, "no port after ':': write HOST:7777");
    if (strlen(text) >= sizeof endpoint->port_text)
        return reason_set(why, REASON_USAGE, 0, "the port is too long: write a number, 0 to 65535");
    if (isalpha((unsigned char)text[0])) {
        for (const char *c = text; *c; c++)
            if (!isalnum((unsigned char)*c) && !strchr("-_.+", *c))
                return reason_set(why, REASON_USAGE, 0,
                                  "the port is neither a number nor the name of a service: write "
                                  "HOST:7777 or HOST:echo");
    } else if (text_number(text, 0, 65535, &port, NULL) < 0) {
        return reason_set(why, REASON_USAGE, 0,
                          "the port must be a plain decimal number, 0 to 65535, without sign, "
                          "space or leading zero: write HOST:7777");
    }
    memcpy(endpoint->port_text, text, strlen(text) + 1);
    return 0;
}

/* What follows the '%' of a link-local address: the name or the index of an interface. RFC 6874: in
 * a URL the '%' is written %25. */
static int check_zone(const char **zone, bool is_url, const char *name, struct reason *why)
{
    bool escaped = strncmp(*zone, "25", 2) == 0;
    char rest[4 * IF_NAMESIZE];

    if (is_url && escaped) {
        *zone += 2;
    } else if (escaped && (*zone)[2] && !only_digits(*zone)) {
        text_escape(rest, sizeof rest, *zone + 2, strlen(*zone + 2));
        return reason_set(why, REASON_USAGE, 0, "%%25 is for URLs (tcp://): write [%s%%%s]:PORT",
                          name, rest);
    }
    if (!**zone || strlen(*zone) >= IF_NAMESIZE || strpbrk(*zone, " /%[]:"))
        return reason_set(why, REASON_USAGE, 0,
                          "no name of an interface after '%%': write [%s%%eth0]:PORT", name);
    if (!(*zone)[strspn(*zone, "0")])
        return reason_set(why, REASON_USAGE, 0,
                          "interface 0 does not exist: write the interface's name, as in "
                          "[%s%%eth0]:PORT",
                          name);
    return 0;
}

static int take_ipv6(struct endpoint *endpoint, const struct endpoint_scheme *scheme, char *literal,
                     bool is_url, struct reason *why)
{
    char name[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
    char *percent = strchr(literal, '%');
    const char *zone = percent ? percent + 1 : NULL;
    struct in6_addr bytes;
    bool link_local;

    if (percent)
        *percent = '\0';
    if (inet_pton(AF_INET6, literal, &bytes) != 1)
        return reason_set(why, REASON_USAGE, 0,
                          "no IPv6 address between the brackets: write [::1]:7777, and other hosts "
                          "without brackets");
    inet_ntop(AF_INET6, &bytes, name, sizeof name);
    if (endpoint->family == ENDPOINT_IPV4)
        return reason_set(why, REASON_USAGE, 0, "an IPv6 address with %s: write %.*s6:[%s]:PORT",
                          scheme->name, stem_length(scheme), scheme->name, name);
    if (IN6_IS_ADDR_V4MAPPED(&bytes))
        return reason_set(why, REASON_USAGE, 0, "an IPv4 address in IPv6 clothes: write %s:PORT",
                          strrchr(name, ':') + 1);
    link_local = IN6_IS_ADDR_LINKLOCAL(&bytes) || IN6_IS_ADDR_MC_LINKLOCAL(&bytes);
    if (link_local && !zone)
        return reason_set(why, REASON_USAGE, 0,
                          "a link-local address needs its interface: write [%s%%eth0]:PORT", name);
    if (zone && !link_local)
        return reason_set(why, REASON_USAGE, 0,
                          "only a link-local address has an interface: write [%s]:PORT", name);
    if (zone && check_zone(&zone, is_url, name, why) < 0)
        return -1;
    if (zone)
        snprintf(name + strlen(name), sizeof name - strlen(name), "%%%s", zone);
    return take_name(endpoint, name);
}

static int parse_bracketed(struct endpoint *endpoint, const struct endpoint_scheme *scheme,
                           char *text, bool is_url, struct reason *why)
{
    char *end = strchr(text, ']');

    if (!end || (end[1] && end[1] != ':'))
        return reason_set(why, REASON_USAGE, 0,
                          "an IPv6 address is written in brackets, then its port: [::1]:7777");
    *end = '\0';
    if (take_ipv6(endpoint, scheme, text + 1, is_url, why) < 0)
        return -1;
    return take_port(endpoint, end[1] ? end + 2 : NULL, why);
}

static bool is_ipv6(const char *text, size_t length)
{
    char copy[INET6_ADDRSTRLEN + IF_NAMESIZE];
    struct in6_addr bytes;

    if (length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    copy[strcspn(copy, "%")] = '\0';
    return inet_pton(AF_INET6, copy, &bytes) == 1;
}

/* More than one colon and no bracket. */
static int refuse_colons(const char *text, struct reason *why)
{
    size_t length = (size_t)(strrchr(text, ':') - text);
    char host[INET6_ADDRSTRLEN + IF_NAMESIZE];

    if (is_ipv6(text, length) && text[length + 1]) {
        text_escape(host, sizeof host, text, length);
        return reason_set(why, REASON_USAGE, 0, "an IPv6 address without brackets: write [%s]:PORT",
                          host);
    }
    if (is_ipv6(text, strlen(text))) {
        text_escape(host, sizeof host, text, strlen(text));
        return reason_set(why, REASON_USAGE, 0, "an IPv6 address without brackets: write [%s]:7777",
                          host);
    }
    return reason_set(why, REASON_USAGE, 0,
                      "more than one ':': write HOST:PORT, and an IPv6 address as [::1]:7777");
}

static int take_host(struct endpoint *endpoint, const struct endpoint_scheme *scheme,
                     const char *host, struct reason *why)
{
    struct in_addr bytes;

    if (strcmp(host, "*") == 0 || !*host)
        return take_name(endpoint, "*");
    if (strlen(host) > HOST_LENGTH_MAX)
        return reason_set(why, REASON_TOOLONG, ENAMETOOLONG,
                          "the host name has %zu bytes, at most %d are possible: write a shorter "
                          "name or an address",
                          strlen(host), HOST_LENGTH_MAX);
    for (const char *c = host; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
            return reason_set(why, REASON_USAGE, 0,
                              "not the name of a host: write letters, digits, '-' and '.' "
                              "(international names as xn--...), or unix:./FILE for a file");
    if (*host == '-' || *host == '.' || strstr(host, ".."))
        return reason_set(why, REASON_USAGE, 0,
                          "not the name of a host: write one such as localhost or echo.example");
    if (ends_in_number(host) && inet_pton(AF_INET, host, &bytes) != 1)
        return reason_set(why, REASON_USAGE, 0,
                          "not an IPv4 address: write four numbers of 0 to 255 without leading "
                          "zeros, as in 127.0.0.1");
    if (ends_in_number(host) && endpoint->family == ENDPOINT_IPV6)
        return reason_set(why, REASON_USAGE, 0, "an IPv4 address with %s: write %.*s4:%s:PORT",
                          scheme->name, stem_length(scheme), scheme->name, host);
    return take_name(endpoint, host);
}

int endpoint_inet_parse(struct endpoint *endpoint, const struct endpoint_scheme *scheme,
                        const char *text, bool is_url, struct reason *why)
{
    char copy[2 * ENDPOINT_NAME_MAX], *colon;
    size_t length = strlen(text);

    if (length >= sizeof copy)
        return reason_set(why, REASON_TOOLONG, ENAMETOOLONG,
                          "too long for a host and a port: write HOST:PORT");
    memcpy(copy, text, length + 1);
    if (is_url && length && copy[length - 1] == '/')
        copy[--length] = '\0';
    if (!length)
        return reason_set(why, REASON_USAGE, 0, "no host: write tcp:localhost:7777");
    if (strchr(copy, '@'))
        return reason_set(why, REASON_USAGE, 0,
                          "TCP has no user names: write HOST:PORT alone (a file is unix:./FILE)");
    if (strpbrk(copy, "/?#"))
        return reason_set(why, REASON_USAGE, 0,
                          "TCP has no path, query or fragment: write tcp://HOST:PORT alone");
    if (only_digits(copy))
        return reason_set(why, REASON_USAGE, 0, "a port without a host: write localhost:%s", copy);
    if (copy[0] == '[')
        return parse_bracketed(endpoint, scheme, copy, is_url, why);
    colon = strchr(copy, ':');
    if (colon && strchr(colon + 1, ':'))
        return refuse_colons(copy, why);
    if (colon)
        *colon++ = '\0';
    if (take_host(endpoint, scheme, copy, why) < 0)
        return -1;
    return take_port(endpoint, colon, why);
}

void endpoint_inet_print(const struct endpoint *endpoint, char *text, size_t size)
{
    bool brackets = strchr(endpoint->name, ':') != NULL;

    snprintf(text, size, "%s%s%s%s%s", brackets ? "[" : "", endpoint->name, brackets ? "]" : "",
             endpoint->port_text[0] ? ":" : "", endpoint->port_text);
}
