/* SPDX-License-Identifier: ISC */
#include "server/parent.h"

#include "base/seam.h"

#include <errno.h>
#include <unistd.h>

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
