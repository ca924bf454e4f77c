/* SPDX-License-Identifier: ISC */
#include "base/loop.h"

#include "base/seam.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

_Static_assert((int)LOOP_READ == (int)EPOLLIN && (int)LOOP_WRITE == (int)EPOLLOUT &&
                   (int)LOOP_BROKEN == (int)(EPOLLERR | EPOLLHUP),
               "the loop's events are epoll's");

struct loop_batch {
    struct epoll_event *next, *end; /* still to be delivered */
    struct epoll_event events[LOOP_BATCH];
};

static void woken(struct loop_source *source, unsigned events)
{
    uint64_t count;

    (void)events;
    /* Only empties the eventfd: the end of the wait is all that a wake-up is for. */
    if (read(source->fd, &count, sizeof count) < 0)
        return;
}

int loop_init(struct loop *loop, struct reason *why)
{
    int status;

    *loop = (struct loop){.fd = -1, .wake_fd = -1};
    loop->batch = seam_allocate(sizeof *loop->batch);
    if (!loop->batch) {
        reason_errno(why, ENOMEM, "event loop");
        goto failed;
    }
    loop->fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->fd < 0) {
        reason_errno(why, errno, "epoll_create");
        goto failed;
    }
    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (loop->wake_fd < 0) {
        reason_errno(why, errno, "eventfd");
        goto failed;
    }
    loop->wake = (struct loop_source){.ready = woken, .fd = loop->wake_fd};
    status = loop_watch(loop, &loop->wake, LOOP_READ);
    if (status < 0) {
        reason_errno(why, -status, "epoll_ctl");
        goto failed;
    }
    return 0;
failed:
    loop_release(loop);
    return -1;
}

void loop_release(struct loop *loop)
{
    if (loop->wake_fd >= 0)
        close(loop->wake_fd);
    if (loop->fd >= 0)
        close(loop->fd);
    free(loop->batch);
    *loop = (struct loop){.fd = -1, .wake_fd = -1};
}

int loop_watch(struct loop *loop, struct loop_source *source, unsigned interests)
{
    struct epoll_event event = {.events = interests, .data.ptr = source};
    int operation = source->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

    if (interests == source->watched)
        return 0;
    if (interests == 0) {
        loop_forget(loop, source);
        return 0;
    }
    if (epoll_ctl(loop->fd, operation, source->fd, &event) < 0)
        return -errno;
    source->watched = interests;
    return 0;
}

void loop_forget(struct loop *loop, struct loop_source *source)
{
    struct loop_batch *batch = loop->batch;

    if (!source->watched)
        return;
    epoll_ctl(loop->fd, EPOLL_CTL_DEL, source->fd, NULL);
    source->watched = 0;
    for (struct epoll_event *event = batch->next; event < batch->end; event++)
        if (event->data.ptr == source)
            event->data.ptr = NULL;
}

int loop_turn(struct loop *loop, int timeout_ms)
{
    struct loop_batch *batch = loop->batch;
    int count = seam_epoll_wait(loop->fd, batch->events, LOOP_BATCH, timeout_ms);

    if (count <= 0)
        return count == -EINTR ? 0 : count;
    batch->next = batch->events;
    batch->end = batch->events + count;
    do {
        struct epoll_event *event = batch->next++;
        struct loop_source *source = event->data.ptr;
        unsigned events = event->events;

        if (__builtin_expect(events & LOOP_BROKEN, 0))
            events |= LOOP_READ;
        if (source)
            source->ready(source, events);
    } while (batch->next < batch->end);
    return count;
}

void loop_wake(struct loop *loop)
{
    uint64_t one = 1;

    /* It fails only when the counter is full, and then the wait ends anyway. */
    if (write(loop->wake_fd, &one, sizeof one) < 0)
        return;
}
