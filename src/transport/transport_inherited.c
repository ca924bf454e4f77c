/* SPDX-License-Identifier: ISC */
#include "transport/transport_inherited.h"

#include "base/text.h"
#include "transport/address.h"
#include "transport/address_inet.h"
#include "transport/endpoint.h"
#include "transport/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOCKETS_MAX 64
#define FIRST_FD    3 /* SD_LISTEN_FDS_START */

static struct inherited_socket {
    int fd;
    bool is_passed; /* by a service manager, with this name */
    bool is_claimed, is_taken;
    char name[ENDPOINT_NAME_MAX + 1];
    struct address address;
} sockets[SOCKETS_MAX];
static size_t count;
static bool claims_rest; /* there is a listener for those that are not named */
static bool is_sealed;

bool transport_inherited_listens(int fd)
{
    return io_option(fd, SO_ACCEPTCONN) == 1;
}

/* Adds a descriptor, if a server can accept on it. what is its name in the sentence. */
static int add(int fd, const char *what, struct reason *why)
{
    struct inherited_socket *place = &sockets[count];
    struct address *address = &place->address;
    struct stat status;
    int flags = fcntl(fd, F_GETFL);

    *place = (struct inherited_socket){.fd = fd};
    address->length = sizeof address->storage;
    if (flags < 0 || fstat(fd, &status) < 0)
        return reason_set(why, REASON_USAGE, EBADF, "%s: this descriptor is not open", what);
    if (!S_ISSOCK(status.st_mode) ||
        getsockname(fd, (struct sockaddr *)&address->storage, &address->length) < 0)
        return reason_set(why, REASON_USAGE, ENOTSOCK, "%s: this descriptor is not a socket", what);
    address_inet_normalise(address);
    address->type = io_option(fd, SO_TYPE);
    address->protocol = io_option(fd, SO_PROTOCOL);
    if (address->type != SOCK_STREAM)
        return reason_set(why, REASON_USAGE, EPROTOTYPE,
                          "%s: a %s is not supported; pass a stream "
                          "socket",
                          what, address_type_name(address->type));
    if (!transport_inherited_listens(fd))
        return reason_set(why, REASON_USAGE, EINVAL,
                          "%s: this socket does not listen; pass a listening one (systemd: "
                          "Accept=no)",
                          what);
    if (count + 1 == SOCKETS_MAX)
        return reason_set(why, REASON_USAGE, 0, "%s: more than %d inherited sockets", what,
                          SOCKETS_MAX - 1);
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return reason_errno(why, errno, "%s", what);
    count++;
    return 0;
}

static int refuse_value(const char *name, const char *value, const char *expected,
                        struct reason *why)
{
    char quoted[64];

    text_escape(quoted, sizeof quoted, value, strlen(value));
    return reason_set(why, REASON_USAGE, 0, "%s=%s: expected %s", name, quoted, expected);
}

/* Names are separated by colons. */
static size_t count_names(const char *names)
{
    size_t colons = 0;

    for (const char *c = names; *c; c++)
        colons += *c == ':';
    return colons + 1;
}

static int add_passed(uint64_t number, const char *names, struct reason *why)
{
    char what[64];

    if (names && number > 0 && count_names(names) != number)
        return refuse_value("LISTEN_FDNAMES", names, "a name for each of LISTEN_FDS sockets", why);
    for (int i = 0; i < (int)number; i++) {
        size_t length = names ? strcspn(names, ":") : 0;

        if (length > ENDPOINT_NAME_MAX)
            return refuse_value("LISTEN_FDNAMES", names, "names of at most 255 bytes", why);
        snprintf(what, sizeof what, "LISTEN_FDS=%d: descriptor %d", (int)number, FIRST_FD + i);
        if (add(FIRST_FD + i, what, why) < 0)
            return -1;
        sockets[i].is_passed = true;
        /* What sd_listen_fds_with_names(3) calls those without a name. */
        snprintf(sockets[i].name, sizeof sockets[i].name, "%.*s", names ? (int)length : INT_MAX,
                 names ? names : "unknown");
        names += names ? length + (names[length] == ':') : 0;
    }
    return 0;
}

static int read_environment(struct reason *why)
{
    const char *pid_text = getenv("LISTEN_PID"), *fds_text = getenv("LISTEN_FDS");
    uint64_t pid, number;

    if (!pid_text || !fds_text)
        return 0;
    if (text_number(pid_text, 1, INT_MAX, &pid, NULL) < 0)
        return refuse_value("LISTEN_PID", pid_text, "the number of a process", why);
    if ((pid_t)pid != getpid())
        return 0;
    if (text_number(fds_text, 0, SOCKETS_MAX - 1, &number, NULL) < 0)
        return refuse_value("LISTEN_FDS", fds_text, "a number of sockets, 0 to 63", why);
    return add_passed(number, getenv("LISTEN_FDNAMES"), why);
}

int transport_inherited_init(struct reason *why)
{
    static const char *const names[] = {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
                                        "LISTEN_PIDFDID"};
    int status = read_environment(why);

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
    return status;
}

void transport_inherited_unclaim(void)
{
    claims_rest = false;
    for (size_t i = 0; i < count; i++)
        sockets[i].is_claimed = false;
}

/* Of fd:N, which endpoint_parse has checked. */
static int number_of(const struct endpoint *endpoint)
{
    uint64_t number = 0;

    return text_number(endpoint->port_text, 0, INT_MAX, &number, NULL) < 0 ? -1 : (int)number;
}

/* systemd: alone means all that are passed and that no other endpoint names. */
static bool means_rest(const struct endpoint *endpoint)
{
    return endpoint->kind == ENDPOINT_SYSTEMD && endpoint->length == 0;
}

/* Whether an endpoint names the socket; systemd: alone names none. */
static bool is_named(const struct inherited_socket *one, const struct endpoint *endpoint)
{
    if (endpoint->kind == ENDPOINT_FD)
        return number_of(endpoint) == one->fd;
    return endpoint->kind == ENDPOINT_SYSTEMD && endpoint->length > 0 && one->is_passed &&
           strcmp(endpoint->name, one->name) == 0;
}

void transport_inherited_claim(const struct endpoint *endpoint)
{
    if (means_rest(endpoint))
        claims_rest = true;
    for (size_t i = 0; i < count; i++)
        if (is_named(&sockets[i], endpoint))
            sockets[i].is_claimed = true;
}

bool transport_inherited_is_absent(const struct endpoint *endpoint)
{
    if (endpoint->kind == ENDPOINT_FD)
        return fcntl(number_of(endpoint), F_GETFD) < 0;
    for (size_t i = 0; i < count; i++)
        if (sockets[i].is_passed)
            return false;
    return endpoint->kind == ENDPOINT_SYSTEMD;
}

int transport_inherited_check(struct reason *why)
{
    char text[ADDRESS_TEXT_SIZE], name[64];

    for (size_t i = 0; i < count; i++) {
        const struct inherited_socket *one = &sockets[i];

        if (!one->is_passed || one->is_claimed || one->is_taken || claims_rest)
            continue;
        text_escape(name, sizeof name, one->name, strlen(one->name));
        return reason_set(why, REASON_USAGE, 0,
                          "the inherited socket %.200s (descriptor %d, name \"%s\") belongs to no "
                          "listener; add the endpoint systemd:%s, or systemd: for all",
                          address_format(&one->address, text, sizeof text), one->fd, name, name);
    }
    return 0;
}

void transport_inherited_seal(void)
{
    is_sealed = true;
}

static bool is_known(const struct endpoint *endpoint)
{
    for (size_t i = 0; i < count; i++)
        if (is_named(&sockets[i], endpoint))
            return true;
    return false;
}

int transport_inherited_resolve(const struct endpoint *endpoint, struct address *list,
                                size_t capacity, struct reason *why)
{
    bool is_rest = means_rest(endpoint);
    char text[ENDPOINT_TEXT_SIZE];
    size_t found = 0;

    endpoint_format(endpoint, text, sizeof text);
    if (endpoint->kind == ENDPOINT_FD && !is_known(endpoint)) {
        if (is_sealed)
            return reason_set(why, REASON_USAGE, 0,
                              "%.80s: a socket can be inherited at the start only; restart the "
                              "server",
                              text);
        if (add(number_of(endpoint), text, why) < 0)
            return -1;
    }
    for (size_t i = 0; i < count && found < capacity; i++)
        if (is_rest ? sockets[i].is_passed && !sockets[i].is_claimed
                    : is_named(&sockets[i], endpoint))
            list[found++] = sockets[i].address;
    if (found)
        return (int)found;
    if (is_rest)
        return reason_set(why, REASON_USAGE, 0,
                          "systemd:: no socket was inherited that no other listener names; start "
                          "the server by a .socket unit or systemd-socket-activate(1)");
    return reason_set(
        why, REASON_USAGE, 0,
        "%.80s: no inherited socket has this name (FileDescriptorName= of the .socket "
        "unit)",
        text);
}

int transport_inherited_take(const struct address *address, struct reason *why)
{
    char text[ADDRESS_TEXT_SIZE];

    for (size_t i = 0; i < count; i++) {
        if (sockets[i].is_taken || address_compare(&sockets[i].address, address) != 0)
            continue;
        sockets[i].is_taken = true;
        return sockets[i].fd;
    }
    return reason_set(
        why, REASON_USAGE, 0,
        "%.200s: this inherited socket was closed when a reload removed its listener; "
        "restart the server",
        address_format(address, text, sizeof text));
}
