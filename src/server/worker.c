/* SPDX-License-Identifier: ISC */
#include "server/worker.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/owner.h"
#include "base/seam.h"
#include "server/acceptor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Coarse timers: one look at all connections for each tick, none when nothing is timed, and less
 * often where only long times are: an eighth of the shortest, but never longer than TICK_MAX_NS. */
#define TICK_NS     (100 * NS_PER_MS)
#define TICK_MAX_NS (500 * NS_PER_MS)
/* What a tick may take for questions to the kernel: no client is served meanwhile. */
#define ASKING_NS   (10 * NS_PER_MS)

static bool load(const bool *flag)
{
    return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static void set(bool *flag, bool value)
{
    __atomic_store_n(flag, value, __ATOMIC_RELEASE);
}

static void call(struct worker *worker)
{
    set(&worker->attention, true);
    loop_wake(&worker->loop);
}

/* Idle pipes are closed by the ticks: they count against what the kernel lets our user have. */
static void pooled(struct relay *relay)
{
    worker_need_ticks(OWNER(relay, struct worker, relay), clock_now_ns());
}

int crew_init(struct crew *crew, unsigned count, size_t buffer, unsigned capacity,
              unsigned pipe_limit, struct loop *main_loop, struct reason *why)
{
    *crew = (struct crew){.main_loop = main_loop};
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->changed, NULL);
    if (admission_init(&crew->admission, capacity, why) < 0)
        return -1;
    crew->workers = calloc(count, sizeof *crew->workers);
    if (!crew->workers)
        return reason_errno(why, ENOMEM, "workers");
    for (; crew->count < count; crew->count++) {
        struct worker *worker = &crew->workers[crew->count];

        worker->crew = crew;
        worker->index = crew->count;
        pthread_mutex_init(&worker->inbox_lock, NULL);
        sock_diag_init(&worker->diag);
        if (loop_init(&worker->loop, why) < 0)
            return -1;
        if (relay_init(&worker->relay, buffer, pipe_limit / count, why) < 0) {
            loop_release(&worker->loop);
            return -1;
        }
        worker->relay.pooled = pooled;
    }
    return 0;
}

/* Waits until the main thread is done. */
static void park(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    if (crew->park) {
        crew->parked++;
        pthread_cond_broadcast(&crew->changed);
        while (crew->park)
            pthread_cond_wait(&crew->changed, &crew->lock);
        crew->parked--;
        pthread_cond_broadcast(&crew->changed);
    }
    pthread_mutex_unlock(&crew->lock);
}

static void empty_inbox(struct worker *worker)
{
    struct connection *list;

    pthread_mutex_lock(&worker->inbox_lock);
    list = worker->inbox;
    worker->inbox = NULL;
    pthread_mutex_unlock(&worker->inbox_lock);
    while (list) {
        struct connection *connection = list;

        list = connection->next;
        connection_attach(connection, worker);
    }
}

/* How long until the limits have to be looked at again; 0: there are none. */
static uint64_t limits_period_ns(const struct connection_limits *limits)
{
    const uint64_t times[] = {limits->idle_ns, limits->write_ns, limits->lifetime_ns};
    uint64_t period_ns = 0;

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        if (times[i] && (!period_ns || times[i] / 8 < period_ns))
            period_ns = times[i] / 8 > TICK_NS ? times[i] / 8 : TICK_NS;
    return period_ns < TICK_MAX_NS ? period_ns : TICK_MAX_NS;
}

bool worker_may_ask(struct worker *worker, struct connection *connection)
{
    if (clock_now_ns() < worker->ask_until_ns)
        return true;
    if (!worker->unasked)
        worker->unasked = connection;
    return false;
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

static void tick(struct worker *worker, uint64_t now_ns)
{
    const struct connection_limits *limits = &worker->limits;
    uint64_t period_ns = limits_period_ns(limits);
    struct connection *connection, *next;
    bool soon = false;

    worker->tick_ns = 0;
    worker->ask_until_ns = now_ns + ASKING_NS;
    for (connection = worker->connections; connection; connection = next) {
        next = connection->next;
        soon |= connection->ending_ns != 0;
        if (period_ns || connection->ending_ns)
            connection_tick(connection, limits, now_ns);
    }
    if (worker->unasked) {
        begin_with(worker, worker->unasked);
        worker->unasked = NULL;
        soon = true;
    }
    soon |= acceptor_resume(worker, now_ns);
    soon |= relay_trim(&worker->relay);
    if (soon)
        worker_need_ticks(worker, now_ns);
    else if (worker->tick_ns == 0 && period_ns)
        worker->tick_ns = now_ns + period_ns;
}

void worker_need_ticks(struct worker *worker, uint64_t now_ns)
{
    if (worker->tick_ns == 0 || worker->tick_ns > now_ns + TICK_NS)
        worker->tick_ns = now_ns + TICK_NS;
}

/* Everything between two turns that is not the way of every message. */
static void attend(struct worker *worker)
{
    struct crew *crew = worker->crew;
    uint64_t now_ns;

    set(&worker->attention, false);
    park(crew);
    empty_inbox(worker);
    now_ns = clock_now_ns();
    if (acceptor_resume(worker, now_ns) || worker->limits.idle_ns || worker->limits.write_ns ||
        worker->limits.lifetime_ns)
        worker_need_ticks(worker, now_ns);
}

/* Polls without sleeping as long as the last event is fresh, also that which ended a sleep. */
static int turn_polling(struct worker *worker, int timeout_ms, uint64_t *fresh_ns)
{
    int count = loop_turn(&worker->loop, 0);

    if (count == 0 && timeout_ms != 0 && clock_now_ns() - *fresh_ns >= worker->busy_poll_ns)
        count = loop_turn(&worker->loop, timeout_ms);
    if (count > 0)
        *fresh_ns = clock_now_ns();
    return count;
}

static void *run(void *argument)
{
    struct worker *worker = argument;
    uint64_t fresh_ns = 0;
    int status = 0;

    while (status >= 0) {
        int timeout_ms = -1;

        if (__builtin_expect(worker->tick_ns != 0, 0)) {
            uint64_t now_ns = clock_now_ns();

            if (now_ns >= worker->tick_ns)
                tick(worker, now_ns);
            timeout_ms = clock_poll_ms(now_ns, worker->tick_ns);
        }
        if (__builtin_expect(worker->busy_poll_ns != 0, 0))
            status = turn_polling(worker, timeout_ms, &fresh_ns);
        else
            status = loop_turn(&worker->loop, timeout_ms);
        if (__builtin_expect(load(&worker->attention), 0)) {
            attend(worker);
            if (worker->crew->quit)
                break;
        }
    }
    /* epoll_wait fails only by our own bug; a service that cannot go on must not seem to. */
    if (status < 0) {
        LOG(LOG_LEVEL_ERROR, "worker-broken", LOG_TEXT("why", strerror(-status)));
        log_stop(NS_PER_S);
        abort();
    }
    return NULL;
}

int crew_start(struct crew *crew, struct reason *why)
{
    for (unsigned i = 0; i < crew->count; i++) {
        int code;

        /* It attends before it waits, and so finds what was there before it. */
        call(&crew->workers[i]);
        code = pthread_create(&crew->workers[i].thread, NULL, run, &crew->workers[i]);
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
        call(&crew->workers[i]);
    while (crew->parked < crew->started)
        pthread_cond_wait(&crew->changed, &crew->lock);
    pthread_mutex_unlock(&crew->lock);
    /* What was handed over and not yet taken belongs to somebody before anything is changed. */
    for (unsigned i = 0; i < crew->count; i++)
        empty_inbox(&crew->workers[i]);
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

void crew_release(struct crew *crew)
{
    crew_park(crew);
    crew->quit = true;
    crew_resume(crew);
    for (unsigned i = 0; i < crew->started; i++)
        pthread_join(crew->workers[i].thread, NULL);
    for (unsigned i = 0; i < crew->count; i++) {
        struct worker *worker = &crew->workers[i];

        empty_inbox(worker);
        while (worker->connections)
            connection_destroy(worker->connections);
        free(worker->ports);
        relay_release(&worker->relay);
        sock_diag_release(&worker->diag);
        loop_release(&worker->loop);
        pthread_mutex_destroy(&worker->inbox_lock);
    }
    free(crew->workers);
    admission_release(&crew->admission);
    pthread_cond_destroy(&crew->changed);
    pthread_mutex_destroy(&crew->lock);
}

unsigned crew_active(struct crew *crew)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < crew->count; i++)
        sum += __atomic_load_n(&crew->workers[i].active, __ATOMIC_RELAXED);
    return sum;
}

int crew_set_buffer(struct crew *crew, size_t size, struct reason *why)
{
    size_t old = crew->workers[0].relay.size;

    for (unsigned i = 0; i < crew->count; i++) {
        if (relay_resize(&crew->workers[i].relay, size) == 0)
            continue;
        while (i-- > 0)
            (void)!relay_resize(&crew->workers[i].relay, old);
        return reason_errno(why, ENOMEM, "buffer of %zu bytes", size);
    }
    return 0;
}

int crew_watch(struct crew *crew, struct listener *listener, struct reason *why)
{
    for (size_t i = 0; i < listener->port_count; i++) {
        struct port *port = &listener->ports[i];
        struct worker *worker = &crew->workers[port->worker_index];
        struct port **ports =
            realloc(worker->ports, (worker->port_count + 1) * sizeof *worker->ports);
        int status;

        if (!ports)
            return reason_errno(why, ENOMEM, "listener");
        worker->ports = ports;
        port->worker = worker;
        port->source = (struct loop_source){.ready = acceptor_ready, .fd = port->socket.fd};
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
        struct worker *worker = &crew->workers[port->worker_index];

        loop_forget(&worker->loop, &port->source);
        for (size_t j = 0; j < worker->port_count; j++)
            if (worker->ports[j] == port)
                worker->ports[j--] = worker->ports[--worker->port_count];
    }
}

void crew_leave(struct crew *crew, const struct admission_ticket *ticket)
{
    if (!admission_leave(&crew->admission, ticket))
        return;
    for (unsigned i = 0; i < crew->count; i++)
        call(&crew->workers[i]);
}

void worker_ended_one(struct worker *worker, const struct admission_ticket *ticket)
{
    struct crew *crew = worker->crew;

    __atomic_sub_fetch(&worker->active, 1, __ATOMIC_RELAXED);
    crew_leave(crew, ticket);
    if (load(&crew->draining))
        loop_wake(crew->main_loop);
}

void crew_hand_over(struct crew *crew, struct connection *connection, struct worker *accepting,
                    bool choose)
{
    struct worker *fewest = accepting;
    unsigned least = __atomic_load_n(&accepting->active, __ATOMIC_RELAXED);

    for (unsigned i = 0; choose && i < crew->count; i++) {
        unsigned active = __atomic_load_n(&crew->workers[i].active, __ATOMIC_RELAXED);

        if (active < least) {
            least = active;
            fewest = &crew->workers[i];
        }
    }
    __atomic_add_fetch(&fewest->active, 1, __ATOMIC_RELAXED);
    if (fewest == accepting) {
        connection_attach(connection, accepting);
        return;
    }
    pthread_mutex_lock(&fewest->inbox_lock);
    connection->next = fewest->inbox;
    fewest->inbox = connection;
    pthread_mutex_unlock(&fewest->inbox_lock);
    call(fewest);
}
