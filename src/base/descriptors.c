/* SPDX-License-Identifier: ISC */
#include "base/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int descriptors_fill_standard(struct reason *why)
{
    /* Reading standard input and writing standard output must fail then, as they do in cat(1); a
     * failure of standard error could not be reported. */
    static const int modes[] = {O_WRONLY, O_RDONLY, O_RDWR};

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
            return reason_errno(why, errno, "open /dev/null");
    return 0;
}

unsigned long descriptors_raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 0;
    if (limit.rlim_cur < limit.rlim_max) {
        rlim_t soft = limit.rlim_cur;

        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
            limit.rlim_cur = soft;
    }
    return (unsigned long)limit.rlim_cur; /* the kernel allows less than 2^31 */
}

void descriptors_close_others(int kept)
{
    unsigned first = STDERR_FILENO + 1, after = (unsigned)kept + 1;

    /* Linux 5.9; older headers have no number for it. */
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
    if ((after - 1 == first || syscall(SYS_close_range, first, after - 2, 0) == 0) &&
        syscall(SYS_close_range, after, ~0u, 0) == 0)
        return;
    for (long fd = first, limit = sysconf(_SC_OPEN_MAX); fd < limit; fd++)
        if (fd != kept)
            close((int)fd);
}
