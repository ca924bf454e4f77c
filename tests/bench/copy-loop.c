/* SPDX-License-Identifier: ISC */
/* The floor for bulk through memory: each connection has a buffer of 64 KiB; what send does not
 * take waits in it, and nothing more is received meanwhile. */
#include "peer-loop.h"

struct connection {
    struct peer peer;
    size_t first, length; /* what still has to be sent */
    char buffer[65536];
};

static struct peer *create(void)
{
    return calloc(1, sizeof(struct connection));
}

static void serve(struct peer *peer)
{
    struct connection *connection = (struct connection *)peer;
    int was_full = connection->length > 0;
    ssize_t count = 1;

    if (!was_full) {
        count = recv(peer->fd, connection->buffer, sizeof connection->buffer, 0);
        connection->first = 0;
        connection->length = count > 0 ? (size_t)count : 0;
    }
    if (count > 0)
        count = send(peer->fd, connection->buffer + connection->first, connection->length,
                     MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) {
        connection->first += (size_t)count;
        connection->length -= (size_t)count;
    }
    if (peer_is_over(count)) {
        close(peer->fd);
        free(connection);
    } else if (was_full != (connection->length > 0)) {
        peer_watch(peer, EPOLL_CTL_MOD, connection->length ? EPOLLOUT : EPOLLIN);
    }
}

int main(int argc, char **argv)
{
    peer_run(argc > 1 ? argv[1] : "0", create, serve);
}
