/* SPDX-License-Identifier: ISC */
#include "server/process/announcement.h"

#include "base/log.h"
#include "base/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct announcement *announcement_of(struct loop_source *source)
{
    return OWNER(source, struct announcement, source);
}

/* A pipe or terminal is opened anew, so that O_NONBLOCK is ours alone. Where that is not possible
 * (no /proc, another user's terminal) poll(2) has to say that a small write fits. */
static void choose_way(struct announcement *announcement, int fd)
{
    char path[32];
    struct stat status;
    int own;

    announcement->chunk = SIZE_MAX;
    if (fstat(fd, &status) < 0 || (!S_ISFIFO(status.st_mode) && !isatty(fd)))
        return;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (own < 0) {
        announcement->chunk = S_ISFIFO(status.st_mode) ? PIPE_BUF : 1;
        return;
    }
    announcement->source.fd = own;
    if (fd > STDERR_FILENO)
        close(fd);
}

static ssize_t put(const struct announcement *announcement)
{
    int fd = announcement->source.fd;
    const char *text = announcement->text + announcement->done;
    size_t length = announcement->length - announcement->done;
    ssize_t count;

    if (announcement->chunk != SIZE_MAX) {
        struct pollfd room = {.fd = fd, .events = POLLOUT};

        if (poll(&room, 1, 0) == 0)
            return -EAGAIN;
        length = length < announcement->chunk ? length : announcement->chunk;
    }
    count = send(fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno == ENOTSOCK)
        count = write(fd, text, length);
    return count < 0 ? -errno : count;
}

static void tell_lost(const struct announcement *announcement, int code)
{
    if (announcement->told == STDOUT_FILENO)
        LOG(LOG_LEVEL_WARNING, "output-lost", LOG_TEXT("why", strerror(code)));
    else
        LOG(LOG_LEVEL_WARNING, "ready-lost", LOG_NUMBER("fd", (uint64_t)announcement->told),
            LOG_TEXT("why", strerror(code)));
}

static void go_on(struct announcement *announcement)
{
    while (announcement->done < announcement->length) {
        ssize_t count = put(announcement);
        int status = 0;

        if (count >= 0) {
            announcement->done += (size_t)count;
            continue;
        }
        if (count == -EINTR)
            continue;
        if (count == -EAGAIN) {
            status = loop_watch(announcement->loop, &announcement->source, LOOP_WRITE);
            if (status == 0)
                return;
        }
        tell_lost(announcement, (int)-count);
        break;
    }
    announcement_release(announcement);
}

static void announcement_ready(struct loop_source *source, unsigned events)
{
    (void)events;
    go_on(announcement_of(source));
}

void announcement_begin(struct announcement *announcement, struct loop *loop, int fd, char *text,
                        size_t length)
{
    *announcement = (struct announcement){.source = {.ready = announcement_ready, .fd = fd},
                                          .loop = loop,
                                          .text = text,
                                          .length = length,
                                          .told = fd};
    choose_way(announcement, fd);
    go_on(announcement);
}

void announcement_release(struct announcement *announcement)
{
    if (!announcement->loop)
        return;
    loop_forget(announcement->loop, &announcement->source);
    if (announcement->source.fd > STDERR_FILENO)
        close(announcement->source.fd);
    free(announcement->text);
    *announcement = (struct announcement){.loop = NULL};
}
