/* SPDX-License-Identifier: ISC */
/* The floor for bulk without a copy: what came goes through a pipe of the connection's own straight
 * back; what the client does not take waits there, and nothing more is received meanwhile. */
#include "peer.h"

#include <fcntl.h>
#include <sys/epoll.h>

#define SPAN (256 * 1024)

struct connection {
    int fd;
    int out, in;    /* of the pipe */
    ssize_t length; /* what still has to be sent */
};

static int loop;

static void watch(struct connection *connection, int operation, unsigned events)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};

    epoll_ctl(loop, operation, connection->fd, &event);
}

static void serve(struct connection *connection)
{
    int was_full = connection->length > 0;
    ssize_t count = 1;

    if (!was_full)
        count = connection->length =
            splice(connection->fd, NULL, connection->in, NULL, SPAN, SPLICE_F_NONBLOCK);
    if (count <= 0) {
        close(connection->fd);
        close(connection->in);
        close(connection->out);
        free(connection);
        return;
    }
    while (connection->length > 0) {
        count = splice(connection->out, NULL, connection->fd, NULL, (size_t)connection->length,
                       SPLICE_F_NONBLOCK);
        if (count <= 0)
            break;
        connection->length -= count;
    }
    if (was_full != (connection->length > 0))
        watch(connection, EPOLL_CTL_MOD, connection->length ? EPOLLOUT : EPOLLIN);
}

int main(int argc, char **argv)
{
    struct connection listener = {.fd = peer_listen(argc > 1 ? argv[1] : "0")};
    struct epoll_event events[64];
    int ends[2];

    loop = epoll_create1(0);
    watch(&listener, EPOLL_CTL_ADD, EPOLLIN);
    for (;;) {
        int count = epoll_wait(loop, events, 64, -1);

        for (int i = 0; i < count; i++) {
            struct connection *connection = events[i].data.ptr;

            if (connection != &listener) {
                serve(connection);
                continue;
            }
            connection = calloc(1, sizeof *connection);
            connection->fd = accept4(listener.fd, NULL, NULL, SOCK_NONBLOCK);
            if (pipe2(ends, O_NONBLOCK) < 0)
                err(2, "pipe");
            connection->out = ends[0];
            connection->in = ends[1];
            fcntl(connection->in, F_SETPIPE_SZ, SPAN);
            watch(connection, EPOLL_CTL_ADD, EPOLLIN);
        }
    }
}
