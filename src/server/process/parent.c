/* SPDX-License-Identifier: ISC */
#include "server/process/parent.h"

#include "base/seam.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A thread, because the name service and file systems can hold up the main one for any time. */
static struct {
    pthread_t thread;
    int parent_fd, stop_fd;
    bool running;
} guard = {.parent_fd = -1};

/* Not PR_SET_PDEATHSIG: that signal comes when the *thread* that started us ends. */
int parent_open(struct reason *why)
{
    pid_t parent = seam_getppid();
    int fd;

    if (parent <= 0)
        return reason_set(why, REASON_USAGE, 0,
                          "the process that started this one is in another PID namespace and "
                          "cannot be watched");
    fd = seam_pidfd_open(parent);
    if (fd == -ENOSYS)
        return reason_set(why, REASON_OTHER, ENOSYS,
                          "this kernel cannot watch a process; Linux 5.3 or newer is needed");
    if (fd < 0 && fd != -ESRCH)
        return reason_errno(why, -fd, "pidfd_open");
    /* Whoever has that number now may be another process. */
    if (fd >= 0 && seam_getppid() == parent)
        return fd;
    if (fd >= 0)
        close(fd);
    return reason_set(why, REASON_OTHER, ESRCH, "the process that started this one has ended");
}

static void *watch(void *nothing)
{
    struct pollfd fds[] = {{.fd = guard.parent_fd, .events = POLLIN},
                           {.fd = guard.stop_fd, .events = POLLIN}};

    while (poll(fds, sizeof fds / sizeof fds[0], -1) < 0 && errno == EINTR)
        continue;
    if (fds[0].revents && !fds[1].revents) {
        signal(SIGTERM, SIG_DFL);
        kill(getpid(), SIGTERM);
    }
    return nothing;
}

int parent_guard(int fd, struct reason *why)
{
    int code;

    if (fd < 0 || guard.running)
        return 0;
    guard.parent_fd = fd;
    guard.stop_fd = eventfd(0, EFD_CLOEXEC);
    if (guard.stop_fd < 0)
        return reason_errno(why, errno, "eventfd");
    code = pthread_create(&guard.thread, NULL, watch, NULL);
    guard.running = code == 0;
    if (code == 0)
        return 0;
    close(guard.stop_fd);
    return reason_errno(why, code, "pthread_create");
}

void parent_unguard(void)
{
    if (!guard.running)
        return;
    /* Cannot fail: the counter is at zero. */
    (void)!write(guard.stop_fd, &(uint64_t){1}, sizeof(uint64_t));
    pthread_join(guard.thread, NULL);
    close(guard.stop_fd);
    guard.running = false;
}

void parent_release(void)
{
    parent_unguard();
    if (guard.parent_fd >= 0)
        close(guard.parent_fd);
    guard.parent_fd = -1;
}
