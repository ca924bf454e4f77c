/* SPDX-License-Identifier: ISC */
/* The floor: one thread, epoll, recv and send of what came. A peer that does not read loses bytes
 * here, which is what the other programs spend their effort on. */
#include "peer.h"

#include <sys/epoll.h>

static char buffer[65536];

static void serve(int fd)
{
    ssize_t count = recv(fd, buffer, sizeof buffer, 0);

    if (count <= 0 || send(fd, buffer, (size_t)count, MSG_NOSIGNAL) != count)
        close(fd);
}

int main(int argc, char **argv)
{
    int listener = peer_listen(argc > 1 ? argv[1] : "0");
    int loop = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[64];

    epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(loop, events, 64, -1);

        for (int i = 0; i < count; i++) {
            int one = 1;

            if (events[i].data.fd != listener) {
                serve(events[i].data.fd);
                continue;
            }
            event.data.fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
            setsockopt(event.data.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            epoll_ctl(loop, EPOLL_CTL_ADD, event.data.fd, &event);
        }
    }
}
