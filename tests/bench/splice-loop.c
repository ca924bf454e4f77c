/* SPDX-License-Identifier: ISC */
/* The floor for bulk without a copy: what came goes through a pipe of the connection's own straight
 * back; what the client does not take waits there, and nothing more is received meanwhile. */
#include "peer-loop.h"

#include <fcntl.h>

#define SPAN (256 * 1024)

struct connection {
    struct peer peer;
    int out, in;    /* of the pipe */
    ssize_t length; /* what still has to be sent */
};

static struct peer *create(void)
{
    struct connection *connection = calloc(1, sizeof *connection);
    int ends[2];

    if (pipe2(ends, O_NONBLOCK) < 0)
        err(2, "pipe");
    connection->out = ends[0];
    connection->in = ends[1];
    fcntl(connection->in, F_SETPIPE_SZ, SPAN);
    return &connection->peer;
}

static void serve(struct peer *peer)
{
    struct connection *connection = (struct connection *)peer;
    int was_full = connection->length > 0;
    ssize_t count = 1;

    if (!was_full)
        count = connection->length =
            splice(peer->fd, NULL, connection->in, NULL, SPAN, SPLICE_F_NONBLOCK);
    while (connection->length > 0 && count > 0) {
        count = splice(connection->out, NULL, peer->fd, NULL, (size_t)connection->length,
                       SPLICE_F_NONBLOCK);
        connection->length -= count > 0 ? count : 0;
    }
    if (peer_is_over(count)) {
        close(peer->fd);
        close(connection->in);
        close(connection->out);
        free(connection);
        return;
    }
    if (was_full != (connection->length > 0))
        peer_watch(peer, EPOLL_CTL_MOD, connection->length ? EPOLLOUT : EPOLLIN);
}

int main(int argc, char **argv)
{
    peer_run(argc > 1 ? argv[1] : "0", create, serve);
}
