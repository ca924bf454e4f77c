/* SPDX-License-Identifier: ISC */
#include "server/crew.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/owner.h"
#include "server/acceptor.h"
#include "server/connection.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Where only long times are, the ticks are an eighth of the shortest apart, but no longer. */
#define TICK_MAX_NS (500 * NS_PER_MS)
/* What a tick may take for questions to the kernel: no client is served meanwhile. */
#define ASKING_NS   (10 * NS_PER_MS)

static struct crew *crew_of(const struct worker *worker)
{
    return OWNER(worker->roster, struct crew, roster);
}

static void empty_inbox(struct worker *worker)
{
    struct connection *list = worker_take(worker);

    while (list) {
        struct connection *connection = list;

        list = connection->next;
        connection_attach(connection, worker);
    }
}

/* How long until the limits have to be looked at again; 0: there are none. */
static uint64_t limits_period_ns(const struct worker_limits *limits)
{
    const uint64_t times[] = {limits->idle_ns, limits->write_ns, limits->lifetime_ns};
    uint64_t period_ns = 0;

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        if (times[i] && (!period_ns || times[i] / 8 < period_ns))
            period_ns = times[i] / 8 > WORKER_TICK_NS ? times[i] / 8 : WORKER_TICK_NS;
    return period_ns < TICK_MAX_NS ? period_ns : TICK_MAX_NS;
}

/* The list goes round, so that it begins with this one. */
static void begin_with(struct worker *worker, struct connection *first)
{
    struct connection *head = worker->connections, *last = first;

    if (!head || first == head)
        return;
    while (last->next)
        last = last->next;
    last->next = head;
    head->link = &last->next;
    *first->link = NULL;
    worker->connections = first;
    first->link = &worker->connections;
}

static void tick(struct timer *timer, uint64_t now_ns)
{
    struct worker *worker = OWNER(timer, struct worker, tick);
    const struct worker_limits *limits = &worker->limits;
    uint64_t period_ns = limits_period_ns(limits);
    struct connection *connection, *next;
    bool soon = false;

    worker->ask_until_ns = now_ns + ASKING_NS;
    for (connection = worker->connections; connection; connection = next) {
        next = connection->next;
        soon |= connection->is_ending;
        if (period_ns || connection->is_ending)
            connection_tick(connection, limits, now_ns);
    }
    if (worker->unasked) {
        begin_with(worker, worker->unasked);
        worker->unasked = NULL;
        soon = true;
    }
    soon |= acceptor_resume(worker, now_ns);
    soon |= pipes_trim(&worker->relay.pipes);
    if (soon)
        worker_need_ticks(worker, now_ns);
    else if (!timer_is_started(timer) && period_ns)
        timer_start(&worker->timers, timer, now_ns + period_ns);
}

static void answer(struct worker *worker)
{
    const struct crew *crew = crew_of(worker);

    if (!atomic_load_explicit(&worker->asked, memory_order_acquire))
        return;
    crew->sum_up(crew, worker);
    atomic_store_explicit(&worker->asked, false, memory_order_release);
    loop_wake(crew->roster.main_loop);
}

/* Waits until the main thread is done. What it has asked since the last answer is answered before:
 * while somebody is parked the lists that are summed up change. */
static void park(struct crew *crew, struct worker *worker)
{
    pthread_mutex_lock(&crew->lock);
    if (crew->park) {
        answer(worker);
        crew->parked++;
        pthread_cond_broadcast(&crew->changed);
        while (crew->park)
            pthread_cond_wait(&crew->changed, &crew->lock);
        crew->parked--;
        pthread_cond_broadcast(&crew->changed);
    }
    pthread_mutex_unlock(&crew->lock);
}

/* Everything between two turns that is not the way of every message. */
static void attend(struct worker *worker)
{
    struct crew *crew = crew_of(worker);
    uint64_t now_ns;

    /* An exchange: whoever calls from here on is heard in the next turn, and what it stored before
     * is seen in this one, on machines too that load before they have stored. */
    atomic_exchange_explicit(&worker->attention, false, memory_order_acq_rel);
    empty_inbox(worker);
    answer(worker);
    park(crew, worker);
    now_ns = clock_now_ns();
    if (acceptor_resume(worker, now_ns) || worker->limits.idle_ns || worker->limits.write_ns ||
        worker->limits.lifetime_ns)
        worker_need_ticks(worker, now_ns);
}

/* Polls without sleeping as long as the last event is fresh, also that which ended a sleep. */
static int turn_polling(struct worker *worker, int timeout_ms)
{
    int count = loop_turn(&worker->loop, 0);

    if (count == 0 && timeout_ms != 0 && clock_now_ns() - worker->fresh_ns >= worker->busy_poll_ns)
        count = loop_turn(&worker->loop, timeout_ms);
    if (count > 0)
        worker->fresh_ns = clock_now_ns();
    return count;
}

/* Inlined: the way of every message leads through it. */
static inline int turn(struct worker *worker, bool may_wait)
{
    int timeout_ms = may_wait ? -1 : 0, status;

    if (__builtin_expect(timer_next_ns(&worker->timers) != 0, 0)) {
        uint64_t now_ns = clock_now_ns();

        if (now_ns >= timer_next_ns(&worker->timers))
            timer_run(&worker->timers, now_ns);
        if (may_wait)
            timeout_ms = clock_poll_ms(now_ns, timer_next_ns(&worker->timers));
    }
    if (__builtin_expect(worker->busy_poll_ns != 0, 0))
        status = turn_polling(worker, timeout_ms);
    else
        status = loop_turn(&worker->loop, timeout_ms);
    if (__builtin_expect(atomic_load_explicit(&worker->attention, memory_order_acquire), 0)) {
        attend(worker);
        if (crew_of(worker)->quit)
            return -ECANCELED;
    }
    return status;
}

int crew_turn(struct worker *worker)
{
    return turn(worker, false);
}

static void *run(void *argument)
{
    struct worker *worker = argument;
    int status;

    do
        status = turn(worker, true);
    while (status >= 0);
    /* epoll_wait fails only by our own bug; a service that cannot go on must not seem to. */
    if (status != -ECANCELED) {
        LOG(LOG_LEVEL_ERROR, "worker-broken", LOG_TEXT("why", strerror(-status)));
        log_stop(NS_PER_S);
        abort();
    }
    return NULL;
}

int crew_init(struct crew *crew, unsigned count, size_t buffer, unsigned capacity,
              unsigned pipe_limit, struct loop *main_loop, struct reason *why)
{
    *crew = (struct crew){.started = 0};
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->changed, NULL);
    if (roster_init(&crew->roster, count, buffer, capacity, pipe_limit, main_loop, why) < 0)
        return -1;
    for (unsigned i = 0; i < count; i++)
        crew->roster.workers[i].tick.expired = tick;
    return 0;
}

int crew_start(struct crew *crew, struct reason *why)
{
    for (unsigned i = 0; i < crew->roster.count; i++) {
        int code;

        /* It attends before it waits, and so finds what was there before it. */
        worker_call(&crew->roster.workers[i]);
        code = pthread_create(&crew->roster.workers[i].thread, NULL, run, &crew->roster.workers[i]);
        if (code)
            return reason_errno(why, code, "start worker %u", i);
        crew->started++;
    }
    return 0;
}

void crew_park(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    crew->park = true;
    for (unsigned i = 0; i < crew->started; i++)
        worker_call(&crew->roster.workers[i]);
    while (crew->parked < crew->started)
        pthread_cond_wait(&crew->changed, &crew->lock);
    pthread_mutex_unlock(&crew->lock);
    /* What was handed over and not yet taken belongs to somebody before anything is changed. */
    for (unsigned i = 0; i < crew->roster.count; i++)
        empty_inbox(&crew->roster.workers[i]);
}

void crew_resume(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    crew->park = false;
    pthread_cond_broadcast(&crew->changed);
    /* A worker that is still on its way out must not be counted by the next crew_park. */
    while (crew->parked > 0)
        pthread_cond_wait(&crew->changed, &crew->lock);
    pthread_mutex_unlock(&crew->lock);
}

void crew_ask(struct crew *crew)
{
    for (unsigned i = 0; i < crew->roster.count; i++) {
        struct worker *worker = &crew->roster.workers[i];

        if (!crew_has_answered(worker))
            continue;
        atomic_store_explicit(&worker->asked, true, memory_order_release);
        worker_call(worker);
    }
}

bool crew_has_answered(const struct worker *worker)
{
    return !atomic_load_explicit(&worker->asked, memory_order_acquire);
}

void crew_release(struct crew *crew)
{
    crew_park(crew);
    crew->quit = true;
    crew_resume(crew);
    for (unsigned i = 0; i < crew->started; i++)
        pthread_join(crew->roster.workers[i].thread, NULL);
    for (unsigned i = 0; i < crew->roster.count; i++) {
        struct worker *worker = &crew->roster.workers[i];

        empty_inbox(worker);
        while (worker->connections)
            connection_destroy(worker->connections);
    }
    roster_release(&crew->roster);
    pthread_cond_destroy(&crew->changed);
    pthread_mutex_destroy(&crew->lock);
}

int crew_set_buffer(struct crew *crew, size_t size, struct reason *why)
{
    size_t old = crew->roster.workers[0].relay.size;

    for (unsigned i = 0; i < crew->roster.count; i++) {
        if (relay_resize(&crew->roster.workers[i].relay, size) == 0)
            continue;
        while (i-- > 0)
            (void)!relay_resize(&crew->roster.workers[i].relay, old);
        return reason_errno(why, ENOMEM, "buffer of %zu bytes", size);
    }
    return 0;
}

int crew_watch(struct crew *crew, struct listener *listener, struct reason *why)
{
    for (size_t i = 0; i < listener->port_count; i++) {
        struct port *port = &listener->ports[i];
        struct worker *worker = &crew->roster.workers[port->worker_index];
        struct port **ports =
            realloc(worker->ports, (worker->port_count + 1) * sizeof *worker->ports);
        int status;

        if (!ports)
            return reason_errno(why, ENOMEM, "listener");
        worker->ports = ports;
        port->worker = worker;
        port->source =
            (struct loop_source){.ready = listener->service->ready, .fd = port->socket.fd};
        status = loop_watch(&worker->loop, &port->source, LOOP_READ);
        if (status < 0)
            return reason_errno(why, -status, "epoll_ctl %s", listener->text);
        worker->ports[worker->port_count++] = port;
    }
    return 0;
}

void crew_unwatch(struct crew *crew, struct listener *listener)
{
    for (size_t i = 0; i < listener->port_count; i++) {
        struct port *port = &listener->ports[i];
        struct worker *worker = &crew->roster.workers[port->worker_index];

        loop_forget(&worker->loop, &port->source);
        for (size_t j = 0; j < worker->port_count; j++)
            if (worker->ports[j] == port)
                worker->ports[j--] = worker->ports[--worker->port_count];
    }
}
