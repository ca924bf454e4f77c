/* SPDX-License-Identifier: ISC */
/* The floor of a closed-loop client: sends 64 bytes on each connection, and again when 64 are back.
 * No comparison, no clock, no statistics: what echo-bench is measured against.
 * usage: bare-client /path|PORT CONNECTIONS SECONDS */
#include "peer.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#define SIZE 64

static volatile sig_atomic_t over;

static void stop(int number)
{
    (void)number;
    over = 1;
}

int main(int argc, char **argv)
{
    int connections = argc > 2 ? atoi(argv[2]) : 50, loop = epoll_create1(0);
    unsigned seconds = argc > 3 ? (unsigned)atoi(argv[3]) : 5;
    char buffer[4096] = {0};
    size_t *back = calloc(65536, sizeof *back);
    struct epoll_event events[64];
    struct rusage usage;
    unsigned long messages = 0;

    signal(SIGALRM, stop);
    for (int i = 0; i < connections; i++) {
        struct sockaddr_storage address;
        socklen_t length;
        int fd = peer_socket(argc > 1 ? argv[1] : "7", 0, &address, &length);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

        if (connect(fd, (struct sockaddr *)&address, length) < 0)
            err(3, "connect");
        epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
        send(fd, buffer, SIZE, MSG_NOSIGNAL);
    }
    alarm(seconds);
    while (!over) {
        int count = epoll_wait(loop, events, 64, -1);

        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            ssize_t got = recv(fd, buffer, sizeof buffer, 0);

            if (got <= 0)
                errx(5, "the stream ended");
            if ((back[fd] += (size_t)got) < SIZE)
                continue;
            back[fd] = 0;
            messages++;
            send(fd, buffer, SIZE, MSG_NOSIGNAL);
        }
    }
    getrusage(RUSAGE_SELF, &usage);
    printf("%.1f messages/s, %.3f us of CPU each\n", (double)messages / seconds,
           ((double)usage.ru_utime.tv_sec * 1e6 + (double)usage.ru_utime.tv_usec +
            (double)usage.ru_stime.tv_sec * 1e6 + (double)usage.ru_stime.tv_usec) /
               (double)messages);
    return 0;
}
