/* SPDX-License-Identifier: ISC */
#include "transport/transport.h"

#include "base/seam.h"
#include "transport/address_inet.h"
#include "transport/address_unix.h"
#include "transport/io.h"
#include "transport/transport_inherited.h"
#include "transport/transport_row.h"
#include "transport/transport_tcp.h"
#include "transport/transport_unix.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct transport *const transports[] = {
    &transport_unix,
    &transport_tcp,
    &transport_mptcp,
};

#define ROWS (sizeof transports / sizeof transports[0])

/* NULL for inherited sockets, whose kind shows in the descriptor. */
static const struct transport *find_kind(enum endpoint_kind kind)
{
    for (size_t i = 0; i < ROWS; i++)
        if (transports[i]->kind == kind)
            return transports[i];
    return NULL;
}

/* NULL when no row makes sockets for such an address. */
static const struct transport *find_address(const struct address *address)
{
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < 2; j++)
            if (transports[i]->families[j] == address_family(address) &&
                transports[i]->families[j] != AF_UNSPEC && transports[i]->type == address->type &&
                transports[i]->protocol == address->protocol)
                return transports[i];
    return NULL;
}

const struct transport *transport_at(size_t row)
{
    return row < ROWS ? transports[row] : NULL;
}

/* A socket of a kind that is in no row, as of AF_VSOCK: what is made here always has one. */
static int refuse_unknown(const struct endpoint *endpoint, const struct address *list, int count,
                          struct reason *why)
{
    char text[ENDPOINT_TEXT_SIZE];

    for (int i = 0; i < count; i++)
        if (!find_address(&list[i]))
            return reason_set(why, REASON_USAGE, EPROTONOSUPPORT,
                              "%.80s: sockets of the address family %d and the protocol %d are not "
                              "supported",
                              endpoint_format(endpoint, text, sizeof text),
                              address_family(&list[i]), list[i].protocol);
    return count;
}

int transport_resolve(const struct endpoint *endpoint, enum transport_role role,
                      struct address *list, size_t capacity, struct reason *why)
{
    const struct transport *transport = find_kind(endpoint->kind);
    char text[ENDPOINT_TEXT_SIZE];
    int count;

    if (role == TRANSPORT_CLIENT && endpoint_traits(endpoint) & ENDPOINT_IS_INHERITED)
        return reason_set(why, REASON_USAGE, 0,
                          "%.80s: only a server takes inherited sockets: write the address that it "
                          "listens on",
                          endpoint_format(endpoint, text, sizeof text));
    memset(list, 0, capacity * sizeof *list);
    if (!transport) {
        count = transport_inherited_resolve(endpoint, list, capacity, why);
        return refuse_unknown(endpoint, list, count, why);
    }
    count = transport->resolve(endpoint, role, list, capacity, why);
    for (int i = 0; i < count; i++) {
        list[i].type = transport->type;
        list[i].protocol = transport->protocol;
    }
    return count;
}

/* Out-of-band bytes belong into the stream, else the echo would lose them. */
static int keep_urgent_inline(int fd)
{
    int on = 1, code = seam_setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on);

    /* A protocol that has no such bytes. */
    return code == -EOPNOTSUPP ? 0 : code;
}

static int explain_socket(const struct transport *transport, const char *text, int code,
                          struct reason *why)
{
    bool is_lacking = code == EPROTONOSUPPORT || code == ENOPROTOOPT;

    if (transport->lacking && is_lacking)
        return reason_set(why, REASON_OTHER, code, "socket %s: %s", text, transport->lacking);
    return reason_errno(why, code, "socket %s", text);
}

static void prepare(int fd, const struct transport *transport, const struct address *source)
{
    for (size_t i = 0; i < 2 && transport->connect_options[i].name; i++) {
        const struct transport_option *option = &transport->connect_options[i];
        int on = 1;

        if (!option->if_port_is_free || (source && address_port(source) == 0))
            (void)!seam_setsockopt(fd, option->level, option->name, &on, sizeof on);
    }
}

/* Accepted sockets inherit what a listener of our own would have. */
static int adopt(struct transport_listener *listener, const struct transport *transport,
                 const struct address *address, struct reason *why)
{
    char text[ADDRESS_TEXT_SIZE];
    int code;

    listener->is_inherited = true;
    listener->fd = transport_inherited_take(address, why);
    if (listener->fd < 0)
        return -1;
    prepare(listener->fd, transport, NULL);
    code = transport->inherits_options ? keep_urgent_inline(listener->fd) : 0;
    if (code == 0)
        return 0;
    reason_errno(why, -code, "setsockopt %s", address_format(address, text, sizeof text));
    io_close(&listener->fd);
    return -1;
}

int transport_listen(struct transport_listener *listener, const struct address *address,
                     const struct listen_options *options, struct reason *why)
{
    const struct transport *transport = find_address(address);
    char text[ADDRESS_TEXT_SIZE];
    int code;

    *listener = (struct transport_listener){.fd = -1};
    address_format(address, text, sizeof text);
    if (!transport)
        return reason_errno(why, EAFNOSUPPORT, "socket %s", text);
    transport_inherited_seal();
    if (options->inherited)
        return adopt(listener, transport, address, why);
    code = seam_socket(address_family(address), address->type, address->protocol);
    if (code < 0)
        return explain_socket(transport, text, -code, why);
    listener->fd = code;
    code = transport->inherits_options ? keep_urgent_inline(listener->fd) : 0;
    if (code < 0)
        reason_errno(why, -code, "setsockopt %s", text);
    else if (transport->listen(listener, address, options, why) == 0)
        return 0;
    transport_unlisten(listener);
    return -1;
}

/* Of a path. Who holds a port shows only when it is bound. */
int transport_check(const struct address *address, const struct listen_options *options,
                    struct reason *why)
{
    return address_unix_path(address) && !options->inherited
               ? transport_unix_check(address, options, why)
               : 0;
}

void transport_remove_path(struct transport_listener *listener)
{
    struct stat status;

    if (listener->path[0] && lstat(listener->path, &status) == 0 &&
        status.st_dev == listener->device && status.st_ino == listener->inode)
        unlink(listener->path);
    listener->path[0] = '\0';
}

void transport_unlisten(struct transport_listener *listener)
{
    /* Unlink before close: once closed, the inode number may belong to another file. */
    transport_remove_path(listener);
    io_close(&listener->fd);
}

bool transport_is_reachable(const struct transport_listener *listener)
{
    struct stat status;

    if (!listener->path[0])
        return true;
    if (stat(listener->path, &status) < 0)
        return errno != ENOENT && errno != ENOTDIR && errno != ELOOP;
    return status.st_dev == listener->device && status.st_ino == listener->inode;
}

const char *transport_name(const struct address *address)
{
    const struct transport *transport = find_address(address);

    return transport ? transport->name : "?";
}

bool transport_shares_port(const struct endpoint *endpoint)
{
    const struct transport *transport = find_kind(endpoint->kind);

    return transport && transport->shares_port;
}

bool transport_ends_queue(const struct endpoint *endpoint)
{
    const struct transport *transport = find_kind(endpoint->kind);

    return transport && transport->ends_queue;
}

int transport_accept(int listen_fd, const struct address *local, struct address *peer)
{
    const struct transport *transport = find_address(local);
    int fd, code;

    *peer = (struct address){
        .type = local->type, .protocol = local->protocol, .length = sizeof peer->storage};
    do
        fd = seam_accept(listen_fd, (struct sockaddr *)&peer->storage, &peer->length);
    while (fd == -EINTR);
    if (fd < 0)
        return fd;
    address_inet_normalise(peer);
    code = transport && transport->inherits_options ? 0 : keep_urgent_inline(fd);
    if (code < 0) {
        io_close(&fd);
        return code;
    }
    peer->protocol = transport_protocol(fd, local);
    return fd;
}

static struct address blank(int fd)
{
    return (struct address){.type = io_option(fd, SO_TYPE),
                            .protocol = io_option(fd, SO_PROTOCOL),
                            .length = sizeof(struct sockaddr_storage)};
}

int transport_local_address(int fd, struct address *address)
{
    *address = blank(fd);
    if (getsockname(fd, (struct sockaddr *)&address->storage, &address->length) < 0)
        return -errno;
    address_inet_normalise(address);
    return 0;
}

int transport_peer_address(int fd, struct address *address)
{
    *address = blank(fd);
    if (getpeername(fd, (struct sockaddr *)&address->storage, &address->length) < 0)
        return -errno;
    address_inet_normalise(address);
    return address->length > sizeof(sa_family_t) ? 0 : -ENOENT;
}

/* TCP's simultaneous open lets a socket meet itself (RFC 9293, 3.5): a false success, since all
 * that is sent comes back. */
static int refuse_self(int fd, struct reason *why)
{
    char text[ADDRESS_TEXT_SIZE];
    struct address local = {.length = sizeof local.storage};
    struct address remote = {.length = sizeof remote.storage};

    if (getsockname(fd, (struct sockaddr *)&local.storage, &local.length) < 0)
        return reason_errno(why, errno, "getsockname");
    if (getpeername(fd, (struct sockaddr *)&remote.storage, &remote.length) < 0) {
        /* The server has reset it meanwhile: it was no meeting with ourselves. */
        if (errno == ENOTCONN)
            return 0;
        return reason_errno(why, errno, "getpeername");
    }
    if (address_compare(&local, &remote) == 0)
        return reason_set(why, REASON_SELF, ECONNREFUSED,
                          "connect %s: TCP self-connect: nothing is listening on this port",
                          address_format(&local, text, sizeof text));
    return 0;
}

int transport_connect(const struct address *address, const struct address *source, bool *pending,
                      struct reason *why)
{
    const struct transport *transport = find_address(address);
    char text[ADDRESS_TEXT_SIZE];
    int fd, code;

    *pending = false;
    if (!transport)
        return reason_errno(why, EAFNOSUPPORT, "socket");
    fd = seam_socket(address_family(address), address->type, address->protocol);
    if (fd < 0)
        return explain_socket(transport, address_format(address, text, sizeof text), -fd, why);
    prepare(fd, transport, source);
    code = keep_urgent_inline(fd);
    if (code < 0) {
        reason_errno(why, -code, "setsockopt");
        goto failed;
    }
    code = source ? seam_bind(fd, (const struct sockaddr *)&source->storage, source->length) : 0;
    if (code < 0) {
        reason_errno(why, -code, "bind %s", address_format(source, text, sizeof text));
        goto failed;
    }
    do
        code = seam_connect(fd, (const struct sockaddr *)&address->storage, address->length);
    while (code == -EINTR);
    /* EALREADY and EISCONN: a call that a signal interrupted went on without us. */
    if (code == -EINPROGRESS || code == -EALREADY) {
        *pending = true;
        return fd;
    }
    if (code < 0 && code != -EISCONN) {
        transport->explain(address, -code, why);
        goto failed;
    }
    if (refuse_self(fd, why) < 0)
        goto failed;
    return fd;
failed:
    io_close(&fd);
    return -1;
}

int transport_connect_result(int fd, const struct address *address, struct reason *why)
{
    const struct transport *transport = find_address(address);
    int code = io_option(fd, SO_ERROR);

    code = code < 0 ? -code : code;
    if (code)
        return transport ? transport->explain(address, code, why)
                         : reason_errno(why, code, "connect");
    return refuse_self(fd, why);
}

int transport_protocol(int fd, const struct address *address)
{
    const struct transport *transport = find_address(address);
    socklen_t length = sizeof(int);
    int start;

    if (!transport || !transport->fallback.option)
        return address->protocol;
    if (getsockopt(fd, transport->fallback.level, transport->fallback.option, &start, &length) < 0)
        return errno == EOPNOTSUPP ? transport->fallback.protocol : address->protocol;
    return address->protocol;
}

int transport_tcp_state(int fd, struct transport_tcp_state *state)
{
    return transport_tcp_ask(fd, state);
}

int transport_path_state(const struct endpoint *endpoint, struct transport_path_state *state)
{
    struct stat status;

    *state = (struct transport_path_state){0};
    if (!endpoint_path(endpoint))
        return -ENOTSUP;
    if (stat(endpoint->name, &status) < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
    state->exists = true;
    state->is_socket = S_ISSOCK(status.st_mode);
    state->mode = status.st_mode & 07777;
    state->owner = status.st_uid;
    state->group = status.st_gid;
    return 0;
}
