/* SPDX-License-Identifier: ISC */
/* The floor for bulk through memory: each connection has a buffer of 64 KiB; what send does not
 * take waits in it, and nothing more is received meanwhile. */
#include "peer.h"

#include <sys/epoll.h>

struct connection {
    int fd;
    size_t first, length; /* what still has to be sent */
    char buffer[65536];
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

    if (!was_full) {
        count = recv(connection->fd, connection->buffer, sizeof connection->buffer, 0);
        connection->first = 0;
        connection->length = count > 0 ? (size_t)count : 0;
    }
    if (count > 0)
        count = send(connection->fd, connection->buffer + connection->first, connection->length,
                     MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) {
        connection->first += (size_t)count;
        connection->length -= (size_t)count;
    }
    if (count == 0) {
        close(connection->fd);
        free(connection);
    } else if (was_full != (connection->length > 0)) {
        watch(connection, EPOLL_CTL_MOD, connection->length ? EPOLLOUT : EPOLLIN);
    }
}

int main(int argc, char **argv)
{
    struct connection listener = {.fd = peer_listen(argc > 1 ? argv[1] : "0")};
    struct epoll_event events[64];

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
            watch(connection, EPOLL_CTL_ADD, EPOLLIN);
        }
    }
}
