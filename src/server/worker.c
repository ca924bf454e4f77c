/* SPDX-License-Identifier: ISC */
#include "server/worker.h"

#include "base/owner.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Idle pipes are closed by the ticks: they count against what the kernel lets our user have. */
static void pooled(struct pipes *pipes)
{
    worker_need_ticks(OWNER(pipes, struct worker, relay.pipes), clock_now_ns());
}

int worker_init(struct worker *worker, unsigned index, struct roster *roster, size_t buffer,
                unsigned pipe_limit, struct reason *why)
{
    worker->roster = roster;
    worker->index = index;
    if (loop_init(&worker->loop, why) < 0)
        return -1;
    if (relay_init(&worker->relay, buffer, pipe_limit, why) < 0) {
        loop_release(&worker->loop);
        return -1;
    }
    worker->relay.pipes.pooled = pooled;
    pthread_mutex_init(&worker->inbox_lock, NULL);
    sock_diag_init(&worker->diag);
    return 0;
}

void worker_release(struct worker *worker)
{
    free(worker->ports);
    relay_release(&worker->relay);
    sock_diag_release(&worker->diag);
    loop_release(&worker->loop);
    pthread_mutex_destroy(&worker->inbox_lock);
}

void worker_call(struct worker *worker)
{
    atomic_store_explicit(&worker->attention, true, memory_order_release);
    loop_wake(&worker->loop);
}

void worker_put(struct worker *worker, struct connection *connection, struct connection **next)
{
    pthread_mutex_lock(&worker->inbox_lock);
    *next = worker->inbox;
    worker->inbox = connection;
    pthread_mutex_unlock(&worker->inbox_lock);
    worker_call(worker);
}

struct connection *worker_take(struct worker *worker)
{
    struct connection *list;

    pthread_mutex_lock(&worker->inbox_lock);
    list = worker->inbox;
    worker->inbox = NULL;
    pthread_mutex_unlock(&worker->inbox_lock);
    return list;
}

void worker_need_ticks(struct worker *worker, uint64_t now_ns)
{
    if (!timer_is_started(&worker->tick) || worker->tick.due_ns > now_ns + WORKER_TICK_NS)
        timer_start(&worker->timers, &worker->tick, now_ns + WORKER_TICK_NS);
}

bool worker_may_ask(struct worker *worker, struct connection *connection)
{
    if (clock_now_ns() < worker->ask_until_ns)
        return true;
    if (!worker->unasked)
        worker->unasked = connection;
    return false;
}
