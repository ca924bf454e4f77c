/* SPDX-License-Identifier: ISC */
#include "transport/transport.h"

#include "base/seam.h"
#include "transport/io.h"
#include "transport/transport_ops.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

const struct transport_ops *const transport_registry[] = {
    &transport_unix,
    &transport_tcp,
    NULL,
};

const struct transport_ops *transport_by_kind(enum endpoint_kind kind)
{
    for (size_t row = 0; transport_registry[row]; row++)
        if (transport_registry[row]->kind == kind)
            return transport_registry[row];
    return NULL;
}

const struct transport_ops *transport_by_family(int family)
{
    for (size_t row = 0; transport_registry[row]; row++)
        for (size_t i = 0; i < 2; i++)
            if (transport_registry[row]->families[i] == family)
                return transport_registry[row];
    return NULL;
}

int transport_resolve(const struct endpoint *endpoint, enum transport_role role,
                      struct address *list, size_t capacity, struct reason *why)
{
    const struct transport_ops *ops = transport_by_kind(endpoint->kind);
    char text[ENDPOINT_TEXT_SIZE];

    if (ops)
        return ops->resolve(endpoint, role, list, capacity, why);
    endpoint_format(endpoint, text, sizeof text);
    if (role == TRANSPORT_CLIENT)
        return reason_set(why, REASON_USAGE, 0,
                          "%.80s: only a server takes inherited sockets: write the address that it "
                          "listens on",
                          text);
    return reason_set(why, REASON_USAGE, 0, "%.80s: inherited sockets are not in this version",
                      text);
}

/* Out-of-band bytes belong into the stream, else the echo would lose them. */
static int keep_urgent_inline(int fd)
{
    int on = 1;

    return seam_setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on);
}

int transport_listen(struct transport_listener *listener, const struct address *address,
                     const struct listen_options *options, struct reason *why)
{
    const struct transport_ops *ops = transport_by_family(address_family(address));
    char text[ADDRESS_TEXT_SIZE];
    int code, result = -1;

    *listener = (struct transport_listener){.fd = -1};
    address_format(address, text, sizeof text);
    if (!ops)
        return reason_errno(why, EAFNOSUPPORT, "socket %s", text);
    code = seam_socket(address_family(address), address->type, address->protocol);
    if (code < 0)
        return reason_errno(why, -code, "socket %s", text);
    listener->fd = code;
    code = ops->inherits ? keep_urgent_inline(listener->fd) : 0;
    if (code < 0) {
        reason_errno(why, -code, "setsockopt %s", text);
        goto out;
    }
    result = ops->listen(listener, address, options, why);
out:
    if (result < 0)
        io_close(&listener->fd);
    return result;
}

int transport_check(const struct address *address, const struct listen_options *options,
                    struct reason *why)
{
    const struct transport_ops *ops = transport_by_family(address_family(address));

    return ops ? ops->check(address, options, why) : 0;
}

int transport_accept(int listen_fd, struct address *peer)
{
    const struct transport_ops *ops;
    int fd, code;

    *peer = (struct address){.type = SOCK_STREAM, .length = sizeof peer->storage};
    do
        fd = seam_accept(listen_fd, (struct sockaddr *)&peer->storage, &peer->length);
    while (fd == -EINTR);
    if (fd < 0)
        return fd;
    ops = transport_by_family(address_family(peer));
    peer->protocol = ops ? ops->protocol : 0;
    code = ops && ops->inherits ? 0 : keep_urgent_inline(fd);
    if (code < 0) {
        io_close(&fd);
        return code;
    }
    return fd;
}

int transport_local_address(int fd, struct address *address)
{
    const struct transport_ops *ops;

    *address = (struct address){.type = SOCK_STREAM, .length = sizeof address->storage};
    if (getsockname(fd, (struct sockaddr *)&address->storage, &address->length) < 0)
        return -errno;
    ops = transport_by_family(address_family(address));
    address->protocol = ops ? ops->protocol : 0;
    return 0;
}

/* TCP's simultaneous open lets a socket meet itself (RFC 9293, 3.5): a false success, since all
 * that is sent comes back. */
static int refuse_self(int fd, struct reason *why)
{
    char text[ADDRESS_TEXT_SIZE];
    struct address local, remote = {.type = SOCK_STREAM, .length = sizeof remote.storage};
    int code = transport_local_address(fd, &local);

    if (code < 0)
        return reason_errno(why, -code, "getsockname");
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

int transport_connect(const struct address *address, const struct address *source, int *pending,
                      struct reason *why)
{
    const struct transport_ops *ops = transport_by_family(address_family(address));
    char text[ADDRESS_TEXT_SIZE];
    int fd, code;

    *pending = 0;
    if (!ops)
        return reason_errno(why, EAFNOSUPPORT, "socket");
    fd = seam_socket(address_family(address), address->type, address->protocol);
    if (fd < 0)
        return reason_errno(why, -fd, "socket");
    ops->prepare(fd, source);
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
        *pending = 1;
        return fd;
    }
    if (code < 0 && code != -EISCONN) {
        ops->explain(address, -code, why);
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
    const struct transport_ops *ops = transport_by_family(address_family(address));
    socklen_t length = sizeof(int);
    int code = 0;

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length) < 0)
        code = errno;
    if (code)
        return ops ? ops->explain(address, code, why) : reason_errno(why, code, "connect");
    return refuse_self(fd, why);
}

int transport_bound_queue(int fd, size_t size)
{
    int half = (int)(size / 2); /* the kernel doubles it: socket(7) */

    return seam_setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &half, sizeof half);
}

int transport_credentials(int fd, struct transport_credentials *credentials)
{
    struct ucred ucred = {0};
    socklen_t length = sizeof ucred;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &ucred, &length) < 0)
        return -errno;
    /* What the kernel answers for a family that has no such thing. */
    if (ucred.uid == (uid_t)-1)
        return -ENOTSUP;
    *credentials = (struct transport_credentials){ucred.pid, ucred.uid, ucred.gid};
    return 0;
}

int transport_path_state(const struct endpoint *endpoint, struct transport_path_state *state)
{
    struct stat status;

    *state = (struct transport_path_state){0};
    if (!endpoint_path(endpoint))
        return -ENOTSUP;
    if (stat(endpoint->name, &status) < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
    state->exists = 1;
    state->is_socket = S_ISSOCK(status.st_mode);
    state->mode = status.st_mode & 07777;
    state->owner = status.st_uid;
    state->group = status.st_gid;
    return 0;
}
