/* SPDX-License-Identifier: ISC */
/* The loop of the floors for bulk: accepts, and calls serve for a connection that is ready. */
#ifndef TESTS_BENCH_PEER_LOOP_H
#define TESTS_BENCH_PEER_LOOP_H

#include "peer.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>

/* The first member of a program's connections. */
struct peer {
    int fd;
};

static int peer_loop;

static inline void peer_watch(struct peer *peer, int operation, unsigned events)
{
    struct epoll_event event = {.events = events, .data.ptr = peer};

    epoll_ctl(peer_loop, operation, peer->fd, &event);
}

/* Whether what a call answered means that the connection has ended. One that was reset and is not
 * closed would be reported for ever: a loop that spins never sleeps, and so beats every other. */
static inline int peer_is_over(ssize_t count)
{
    return count == 0 || (count < 0 && errno != EAGAIN);
}

/* create makes a connection whose fd is set afterwards. Never returns. */
static inline void peer_run(const char *where, struct peer *(*create)(void),
                            void (*serve)(struct peer *peer))
{
    struct peer listener = {.fd = peer_listen(where)};
    struct epoll_event events[64];

    signal(SIGPIPE, SIG_IGN); /* splice(2) has no MSG_NOSIGNAL */
    peer_loop = epoll_create1(0);
    peer_watch(&listener, EPOLL_CTL_ADD, EPOLLIN);
    for (;;) {
        int count = epoll_wait(peer_loop, events, 64, -1);

        for (int i = 0; i < count; i++) {
            struct peer *peer = events[i].data.ptr;

            if (peer != &listener) {
                serve(peer);
                continue;
            }
            peer = create();
            peer->fd = accept4(listener.fd, NULL, NULL, SOCK_NONBLOCK);
            peer_watch(peer, EPOLL_CTL_ADD, EPOLLIN);
        }
    }
}

#endif
