/* SPDX-License-Identifier: ISC */
#include "client/lookup.h"

#include "base/clock.h"
#include "client/interrupt.h"
#include "transport/transport.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The library wants some of it, and the limit for the main thread's may be small. */
#define STACK_SIZE (1 << 20)

enum state { RUNNING, FINISHED, ABANDONED };

/* Belongs to the caller until it is abandoned, then to its thread. */
struct lookup {
    pthread_t thread;
    atomic_int state;
    int done_fd; /* becomes readable when the thread has finished */
    struct endpoint endpoint;
    struct address list[TRANSPORT_ADDRESSES_MAX];
    int count;
    struct reason why;
};

static void destroy(struct lookup *lookup)
{
    close(lookup->done_fd);
    free(lookup);
}

static void *run(void *context)
{
    struct lookup *lookup = context;

    lookup->count = transport_resolve(&lookup->endpoint, TRANSPORT_CLIENT, lookup->list,
                                      TRANSPORT_ADDRESSES_MAX, &lookup->why);
    if (atomic_exchange(&lookup->state, FINISHED) == ABANDONED)
        destroy(lookup);
    else
        (void)!write(lookup->done_fd, &(uint64_t){1}, sizeof(uint64_t));
    return NULL;
}

static struct lookup *start(const struct endpoint *endpoint, struct reason *why)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);
    pthread_attr_t attributes;
    int code;

    if (!lookup) {
        reason_errno(why, ENOMEM, "resolve \"%.80s\"", endpoint->name);
        return NULL;
    }
    lookup->endpoint = *endpoint;
    lookup->done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    code = lookup->done_fd < 0 ? errno : 0;
    if (code == 0) {
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, STACK_SIZE);
        code = pthread_create(&lookup->thread, &attributes, run, lookup);
        pthread_attr_destroy(&attributes);
    }
    if (code == 0)
        return lookup;
    reason_errno(why, code, "resolve \"%.80s\"", endpoint->name);
    if (lookup->done_fd >= 0)
        close(lookup->done_fd);
    free(lookup);
    return NULL;
}

static int finish(struct lookup *lookup, struct address *list, size_t capacity, struct reason *why)
{
    int count;

    pthread_join(lookup->thread, NULL);
    count = lookup->count;
    if (count < 0)
        *why = lookup->why;
    else if ((size_t)count > capacity)
        count = (int)capacity;
    if (count > 0)
        memcpy(list, lookup->list, (size_t)count * sizeof *list);
    destroy(lookup);
    return count;
}

int lookup_addresses(const struct endpoint *endpoint, struct address *list, size_t capacity,
                     uint64_t deadline_ns, struct reason *why)
{
    struct lookup *lookup;
    pthread_t thread;
    bool ready = false;

    if (!endpoint_needs_lookup(endpoint))
        return transport_resolve(endpoint, TRANSPORT_CLIENT, list, capacity, why);
    lookup = start(endpoint, why);
    if (!lookup)
        return -1;
    while (!ready && !interrupt_asked() && (!deadline_ns || clock_now_ns() < deadline_ns))
        ready = interrupt_poll(&(struct pollfd){.fd = lookup->done_fd, .events = POLLIN}, 1,
                               deadline_ns) > 0;
    thread = lookup->thread;
    if (ready || atomic_exchange(&lookup->state, ABANDONED) == FINISHED)
        return finish(lookup, list, capacity, why);
    pthread_detach(thread);
    if (interrupt_asked())
        return reason_set(why, REASON_OTHER, EINTR, "interrupted while resolving");
    return reason_set(why, REASON_TIMEOUT, 0, "resolve \"%.80s\": the name service does not answer",
                      endpoint->name);
}
