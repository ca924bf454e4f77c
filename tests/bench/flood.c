/* SPDX-License-Identifier: ISC */
/* One connection that sends and takes back as fast as it can, and costs its own CPU little: it
 * sends from a file without copying, and has TCP throw away what comes instead of copying it. So
 * the server is what those wait for who measure beside it. Ends with its parent. usage: flood
 * /path|PORT [BYTES-PER-SECOND] */
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <time.h>

#define SPAN (256 * 1024)

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    const char *where = argc > 1 ? argv[1] : "7";
    double rate = argc > 2 ? atof(argv[2]) : 0, sent = 0, began = seconds();
    int is_path = where[0] == '/', loop = epoll_create1(0), file = memfd_create("flood", 0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT};
    struct sockaddr_storage address;
    socklen_t length;
    int fd = peer_socket(where, 0, &address, &length);
    static char buffer[SPAN];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (connect(fd, (struct sockaddr *)&address, length) < 0)
        err(3, "connect");
    if (file < 0 || ftruncate(file, SPAN) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
        err(2, "%s", where);
    epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
    for (;;) {
        int may_send = rate == 0 || sent <= rate * (seconds() - began);
        off_t offset = 0;
        ssize_t count = 0;

        event.events = EPOLLIN | (may_send ? EPOLLOUT : 0);
        if (rate > 0)
            epoll_ctl(loop, EPOLL_CTL_MOD, fd, &event);
        event.events = 0;
        if (epoll_wait(loop, &event, 1, may_send ? -1 : 1) < 0)
            err(2, "epoll_wait");
        if (event.events & EPOLLIN && recv(fd, buffer, SPAN, is_path ? 0 : MSG_TRUNC) == 0)
            errx(5, "the stream ended");
        if (event.events & EPOLLOUT)
            count = sendfile(fd, file, &offset, SPAN);
        if (count < 0 && errno != EAGAIN)
            err(5, "sendfile");
        sent += count > 0 ? (double)count : 0;
    }
}
