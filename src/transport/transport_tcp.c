/* SPDX-License-Identifier: ISC */
#include "transport/transport_tcp.h"

#include "base/seam.h"
#include "transport/address.h"
#include "transport/endpoint.h"
#include "transport/endpoint_inet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* Port of the echo service (RFC 862), known here so that a client needs no /etc/services. */
#define ECHO_PORT "7"

static int check_service(const struct endpoint *endpoint, enum transport_role role,
                         struct reason *why)
{
    char text[ENDPOINT_TEXT_SIZE];

    if (role == TRANSPORT_SERVER && !endpoint->port_text[0])
        return reason_set(why, REASON_USAGE, 0,
                          "%.80s: a server needs a port: write %.80s:7777 (or unix:%.20s for a "
                          "Unix socket)",
                          endpoint_format(endpoint, text, sizeof text), text,
                          endpoint->name[0] == '*' ? "/PATH" : endpoint->name);
    if (role == TRANSPORT_CLIENT && strcmp(endpoint->port_text, "0") == 0)
        return reason_set(why, REASON_USAGE, 0,
                          "%.80s: port 0 is for servers (the kernel picks one): write the port "
                          "that the server reports",
                          endpoint_format(endpoint, text, sizeof text));
    return 0;
}

static int explain_resolve(const struct endpoint *endpoint, int code, int saved_errno,
                           struct reason *why)
{
    struct stat status;

    if (code == EAI_SERVICE)
        return reason_set(why, REASON_SERVICE, 0,
                          "no TCP service is called \"%s\" (/etc/services): write the number of "
                          "the port",
                          endpoint->port_text);
    if (code == EAI_SYSTEM)
        return reason_errno(why, saved_errno, "resolve \"%.80s\"", endpoint->name);
    if (code == EAI_MEMORY)
        return reason_errno(why, ENOMEM, "resolve \"%.80s\"", endpoint->name);
    if (strchr(endpoint->name, '%') && !if_nametoindex(strchr(endpoint->name, '%') + 1))
        return reason_set(why, REASON_UNREACHABLE, ENODEV, "no network interface is called \"%s\"",
                          strchr(endpoint->name, '%') + 1);
    reason_set(why, REASON_DNS, 0, "resolve \"%.80s\": %s", endpoint->name, gai_strerror(code));
    if (stat(endpoint->name, &status) == 0 && S_ISSOCK(status.st_mode))
        reason_advise(why, " (for the Unix socket of that name write unix:%.80s)", endpoint->name);
    return -1;
}

static int ask(const struct endpoint *endpoint, enum transport_role role, struct addrinfo **found)
{
    static const int families[] = {
        [ENDPOINT_ANY_FAMILY] = AF_UNSPEC, [ENDPOINT_IPV4] = AF_INET, [ENDPOINT_IPV6] = AF_INET6};
    const char *service = endpoint->port_text[0] ? endpoint->port_text : ECHO_PORT;
    bool any = strcmp(endpoint->name, "*") == 0;
    struct addrinfo hints = {.ai_family = families[endpoint->family],
                             .ai_socktype = SOCK_STREAM,
                             .ai_protocol = IPPROTO_TCP};
    int code;

    if (any && role == TRANSPORT_SERVER)
        hints.ai_flags |= AI_PASSIVE;
    if (endpoint_inet_is_literal(endpoint->name))
        hints.ai_flags |= AI_NUMERICHOST;
    if (service[strspn(service, "0123456789")] == '\0')
        hints.ai_flags |= AI_NUMERICSERV;
    code = getaddrinfo(any ? NULL : endpoint->name, service, &hints, found);
    /* A bare system has no /etc/hosts, and RFC 6761 wants this name to be loopback everywhere. */
    if (code && code != EAI_SERVICE && strcasecmp(endpoint->name, "localhost") == 0)
        code = getaddrinfo(NULL, service, &hints, found);
    return code;
}

static int tcp_resolve(const struct endpoint *endpoint, enum transport_role role,
                       struct address *list, size_t capacity, struct reason *why)
{
    struct addrinfo *found = NULL;
    size_t count = 0;
    int code;

    if (check_service(endpoint, role, why) < 0)
        return -1;
    code = ask(endpoint, role, &found);
    if (code)
        return explain_resolve(endpoint, code, errno, why);
    for (const struct addrinfo *info = found; info && count < capacity; info = info->ai_next) {
        struct address address = {0};
        size_t twin = 0;

        if (info->ai_family != AF_INET && info->ai_family != AF_INET6)
            continue;
        address.length = info->ai_addrlen;
        memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
        while (twin < count && address_compare(&list[twin], &address) != 0)
            twin++;
        if (twin == count)
            list[count++] = address;
    }
    freeaddrinfo(found);
    if (!count)
        return explain_resolve(endpoint, EAI_NONAME, 0, why);
    return (int)count;
}

static int set(int fd, int level, int name)
{
    int on = 1;

    return seam_setsockopt(fd, level, name, &on, sizeof on);
}

static int set_listen_options(int fd, const struct address *address,
                              const struct listen_options *options)
{
    const struct {
        bool wanted;
        int level, name;
    } table[] = {
        /* TIME_WAIT of an earlier run must not keep the port. */
        {true, SOL_SOCKET, SO_REUSEADDR},
        /* IPv4 clients belong to the IPv4 socket, where rules see their true address. */
        {address_family(address) == AF_INET6, IPPROTO_IPV6, IPV6_V6ONLY},
        {options->keepalive, SOL_SOCKET, SO_KEEPALIVE},
        {options->join, SOL_SOCKET, SO_REUSEPORT},
    };

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        int code = table[i].wanted ? set(fd, table[i].level, table[i].name) : 0;

        if (code < 0)
            return code;
    }
    /* It only makes things faster: a kernel or an emulator that refuses it does without. */
    if (options->nodelay)
        (void)!set(fd, IPPROTO_TCP, TCP_NODELAY);
    return 0;
}

static int explain_bind(const char *step, const struct address *address, int code,
                        struct reason *why)
{
    char text[ADDRESS_TEXT_SIZE];

    address_format(address, text, sizeof text);
    if (code == EADDRINUSE)
        return reason_errno(why, code, "%s %s: another program holds this port (ss -ltnp names it)",
                            step, text);
    if (code == EACCES && address_port(address) < IPPORT_RESERVED)
        return reason_errno(why, code, "%s %s: ports below %d need CAP_NET_BIND_SERVICE", step,
                            text, IPPORT_RESERVED);
    if (code == EADDRNOTAVAIL)
        return reason_errno(why, code, "%s %s: this machine has no such address", step, text);
    return reason_errno(why, code, "%s %s", step, text);
}

static int tcp_listen(struct transport_listener *listener, const struct address *address,
                      const struct listen_options *options, struct reason *why)
{
    int code = set_listen_options(listener->fd, address, options);

    if (code < 0)
        return explain_bind("setsockopt", address, -code, why);
    code = seam_bind(listener->fd, (const struct sockaddr *)&address->storage, address->length);
    if (code < 0)
        return explain_bind("bind", address, -code, why);
    code = seam_listen(listener->fd, options->backlog);
    if (code < 0)
        return explain_bind("listen", address, -code, why);
    /* Only now: a socket that had SO_REUSEPORT when it bound or began to listen would share the
     * port with a stranger's of the same user instead of failing. */
    code = options->shared ? set(listener->fd, SOL_SOCKET, SO_REUSEPORT) : 0;
    if (code < 0)
        return explain_bind("setsockopt", address, -code, why);
    return 0;
}

static int tcp_explain(const struct address *address, int code, struct reason *why)
{
    char text[ADDRESS_TEXT_SIZE];

    address_format(address, text, sizeof text);
    switch (code) {
    case ECONNREFUSED:
        return reason_set(why, REASON_REFUSED, code,
                          "connect %s: nothing is listening on this port", text);
    case EADDRNOTAVAIL:
        return reason_set(why, REASON_UNREACHABLE, code,
                          "connect %s: no local address or port is free for it (a limit of this "
                          "machine)",
                          text);
    default:
        return reason_errno(why, code, "connect %s", text);
    }
}

/* Of <linux/mptcp.h>, which older kernels lack. */
#define LEVEL_MPTCP 284
#define MPTCP_INFO  1

int transport_tcp_ask(int fd, struct transport_tcp_state *state)
{
    struct tcp_info info = {0};
    socklen_t length = sizeof info, first_length = sizeof(int);
    int first; /* of struct mptcp_info; nothing of it is needed */

    *state = (struct transport_tcp_state){0};
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
        return -errno;
    if (length < offsetof(struct tcp_info, tcpi_total_retrans) + sizeof info.tcpi_total_retrans)
        return -EOPNOTSUPP; /* an emulator that takes every option for an int */
    *state = (struct transport_tcp_state){
        .mss = info.tcpi_snd_mss,
        .rtt_us = info.tcpi_rtt,
        .retransmits = info.tcpi_total_retrans,
        .is_multipath = getsockopt(fd, LEVEL_MPTCP, MPTCP_INFO, &first, &first_length) == 0};
    return 0;
}

/* With the port chosen at connect, one source address reaches each server's port from all local
 * ports, not all servers together. */
#define TCP_ROW                                                                                    \
    .families = {AF_INET, AF_INET6}, .type = SOCK_STREAM, .shares_port = true,                     \
    .ends_queue = false, .resolve = tcp_resolve, .listen = tcp_listen, .explain = tcp_explain,     \
    .connect_options = {{IPPROTO_TCP, TCP_NODELAY, false},                                         \
                        {IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, true}}

const struct transport transport_tcp = {
    .name = "tcp",
    TCP_ROW,
    .kind = ENDPOINT_TCP,
    .protocol = IPPROTO_TCP,
    .inherits_options = true,
};

const struct transport transport_mptcp = {
    .name = "mptcp",
    TCP_ROW,
    .kind = ENDPOINT_MPTCP,
    .protocol = ADDRESS_MPTCP,
    /* Its listener has no SO_OOBINLINE, which a connection that fell back needs. */
    .inherits_options = false,
    .lacking = "this kernel has no MPTCP, or it is switched off (sysctl net.mptcp.enabled)",
    .fallback = {LEVEL_MPTCP, MPTCP_INFO, IPPROTO_TCP},
};
