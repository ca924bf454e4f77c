/* SPDX-License-Identifier: ISC */
#include "base/standard_output.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

static FILE *stream;
static int failed; /* errno of the first write that failed */

static ssize_t write_all(void *cookie, const char *bytes, size_t length)
{
    size_t done = 0;

    (void)cookie;
    while (done < length && !failed) {
        ssize_t count = write(STDOUT_FILENO, bytes + done, length - done);

        if (count >= 0)
            done += (size_t)count;
        else if (errno == EAGAIN)
            poll(&(struct pollfd){.fd = STDOUT_FILENO, .events = POLLOUT}, 1, -1);
        else if (errno != EINTR)
            failed = errno;
    }
    errno = failed;
    return (ssize_t)done;
}

FILE *standard_output(void)
{
    if (!stream)
        stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_all});
    return stream ? stream : stdout;
}

int standard_output_flush(void)
{
    errno = 0;
    if (fflush(standard_output()) != 0 && !failed)
        failed = errno ? errno : EIO;
    return -failed;
}
