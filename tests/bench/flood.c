/* SPDX-License-Identifier: ISC */
/* One connection that sends and takes back as fast as it can, and costs its own CPU little: it
 * sends from a file without copying, and has TCP throw away what comes instead of copying it. So
 * the server is what those wait for who measure beside it. Ends with its parent. usage: flood
 * /path|PORT */
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>

#define SPAN (256 * 1024)

int main(int argc, char **argv)
{
    const char *where = argc > 1 ? argv[1] : "7";
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
        off_t offset = 0;

        if (epoll_wait(loop, &event, 1, -1) < 0)
            err(2, "epoll_wait");
        if (event.events & EPOLLIN && recv(fd, buffer, SPAN, is_path ? 0 : MSG_TRUNC) == 0)
            errx(5, "the stream ended");
        if (event.events & EPOLLOUT && sendfile(fd, file, &offset, SPAN) < 0 && errno != EAGAIN)
            err(5, "sendfile");
    }
}
