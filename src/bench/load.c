/* SPDX-License-Identifier: ISC */
#include "bench/load.h"

#include "base/clock.h"
#include "base/descriptors.h"
#include "base/inherited.h"
#include "base/loop.h"
#include "base/owner.h"
#include "bench/engine/worker.h"
#include "bench/live.h"
#include "transport/io.h"
#include "transport/transport.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define OWN_DESCRIPTORS    32 /* standard streams, reports, libraries */
#define WORKER_DESCRIPTORS 4  /* loop, wake-up, timer, one to spare */

/* Those of INT and TERM that the parent process does not ignore. */
static sigset_t choose_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    sigset_t signals;

    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (!inherited_ignores(numbers[i]))
            sigaddset(&signals, numbers[i]);
    return signals;
}

struct load *load_create(struct reason *why)
{
    struct load *load = malloc(sizeof *load);
    sigset_t signals = choose_signals();

    if (!load) {
        reason_errno(why, ENOMEM, "start");
        return NULL;
    }
    load->runs = 0;
    load->interruptions = 0;
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    load->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    if (load->signal_fd < 0) {
        reason_errno(why, errno, "signalfd");
        free(load);
        return NULL;
    }
    return load;
}

void load_destroy(struct load *load)
{
    if (!load)
        return;
    io_close(&load->signal_fd);
    free(load);
}

/* Connects and closes again. A full backlog of a Unix socket is somebody who listens. */
static int try_address(const struct plan *plan, const struct address *address, struct reason *why)
{
    const struct address *source = plan->source_count ? &plan->sources[0] : NULL;
    int status = 0;
    bool pending;
    int fd = transport_connect(address, source, &pending, why);
    char text[ADDRESS_TEXT_SIZE];

    if (fd < 0 && why->code == EAGAIN)
        return 0;
    if (fd < 0 && source && why->code == EADDRNOTAVAIL)
        return reason_set(why, REASON_USAGE, why->code,
                          "--source: %s is not an address of this machine",
                          address_format(source, text, sizeof text));
    if (fd < 0)
        return -1;
    if (pending) {
        struct pollfd wait = {.fd = fd, .events = POLLOUT};
        int timeout_ms = clock_poll_ms(0, plan->timeout_ns);

        while ((status = poll(&wait, 1, timeout_ms)) < 0 && errno == EINTR)
            continue;
        if (status == 0)
            status = reason_set(why, REASON_TIMEOUT, 0, "connect %s: no answer",
                                address_format(address, text, sizeof text));
        else
            status = transport_connect_result(fd, address, why);
    }
    io_close(&fd);
    return status;
}

int load_find_address(const struct plan *plan, const struct endpoint *endpoint,
                      struct address *address, struct reason *why)
{
    struct address list[TRANSPORT_ADDRESSES_MAX];
    int count = transport_resolve(endpoint, TRANSPORT_CLIENT, list, TRANSPORT_ADDRESSES_MAX, why);

    for (int i = 0; i < count; i++)
        if (try_address(plan, &list[i], why) == 0) {
            *address = list[i];
            return 0;
        }
    return -1;
}

static void note_start(struct result *result)
{
    time_t now = time(NULL);
    struct tm utc;

    strftime(result->started, sizeof result->started, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
}

/* A run as the main thread sees it. */
struct conduct {
    struct load *load;
    struct run *run;
    struct shard *shards;
    unsigned count; /* of workers that were started */
    struct loop loop;
    struct loop_source signals;
    struct live live;
    struct tally **spares; /* one for each worker, or NULL when nothing is shown */
    struct tally *interval, *total;
    unsigned awaited; /* tallies offered and not yet returned */
    bool begun;       /* the first message was sent */
};

static void wake_all(struct conduct *conduct)
{
    for (unsigned i = 0; i < conduct->count; i++)
        loop_wake(&conduct->shards[i].loop);
}

static void signal_ready(struct loop_source *source, unsigned events)
{
    struct conduct *conduct = OWNER(source, struct conduct, signals);
    struct signalfd_siginfo info;

    (void)events;
    while (read(source->fd, &info, sizeof info) == (ssize_t)sizeof info)
        conduct->load->interruptions++;
    if (!conduct->load->interruptions)
        return;
    atomic_store(&conduct->run->phase,
                 conduct->load->interruptions > 1 ? RUN_ABANDONED : RUN_STOPPING);
    wake_all(conduct);
}

static bool all(const struct conduct *conduct, bool finished)
{
    for (unsigned i = 0; i < conduct->count; i++)
        if (!atomic_load(&conduct->shards[i].finished) &&
            (finished || !atomic_load(&conduct->shards[i].ready)))
            return false;
    return true;
}

/* Asks every worker for what it has counted since the last time. */
static void offer_tallies(struct conduct *conduct)
{
    conduct->awaited = conduct->count;
    for (unsigned i = 0; i < conduct->count; i++) {
        atomic_store(&conduct->shards[i].offered, conduct->spares[i]);
        conduct->spares[i] = NULL;
        loop_wake(&conduct->shards[i].loop);
    }
}

static void collect_tallies(struct conduct *conduct, uint64_t now_ns)
{
    for (unsigned i = 0; i < conduct->count; i++) {
        struct tally *returned = atomic_exchange(&conduct->shards[i].returned, NULL);

        if (!returned)
            continue;
        tally_merge(conduct->interval, returned);
        tally_reset(returned);
        conduct->spares[i] = returned;
        conduct->awaited--;
    }
    if (conduct->awaited)
        return;
    live_show(&conduct->live, conduct->interval,
              now_ns < conduct->run->end_ns ? now_ns : conduct->run->end_ns);
    tally_merge(conduct->total, conduct->interval);
    tally_reset(conduct->interval);
}

static void set_times(struct conduct *conduct)
{
    const struct plan *plan = conduct->run->plan;
    struct run *run = conduct->run;
    uint64_t now_ns = clock_now_ns();
    enum run_phase expected = RUN_CONNECTING;

    run->begin_ns = now_ns;
    run->measure_ns = now_ns + plan->warmup_ns;
    run->end_ns = plan->messages ? UINT64_MAX : run->measure_ns + plan->duration_ns;
    run->patience_ns = plan->timeout_ns;
    if (plan->find_max.count && plan->duration_ns < run->patience_ns)
        run->patience_ns = plan->duration_ns; /* attempts beyond the limit are many */
    live_init(&conduct->live, plan, run->measure_ns);
    atomic_compare_exchange_strong(&run->phase, &expected, RUN_GOING);
    wake_all(conduct);
}

/* From the first connection to the last worker's end. */
static int conduct_run(struct conduct *conduct, struct reason *why)
{
    bool begun = false;

    while (!all(conduct, true)) {
        uint64_t now_ns = clock_now_ns();
        /* What comes back after the end is part of the last line. */
        bool shows = begun && conduct->spares &&
                     (conduct->awaited || live_next(&conduct->live) <= conduct->run->end_ns);
        int wait_ms =
            shows && !conduct->awaited ? clock_poll_ms(now_ns, live_next(&conduct->live)) : -1;
        int status = loop_turn(&conduct->loop, wait_ms);

        if (status < 0)
            return reason_errno(why, -status, "epoll_wait");
        if (!begun && all(conduct, false)) {
            set_times(conduct);
            begun = true;
        }
        if (shows && conduct->awaited)
            collect_tallies(conduct, clock_now_ns());
        else if (shows && clock_now_ns() >= live_next(&conduct->live))
            offer_tallies(conduct);
    }
    conduct->begun = begun;
    return 0;
}

static int make_spares(struct conduct *conduct, struct reason *why)
{
    struct live live;

    live_init(&live, conduct->run->plan, 0);
    if (!live_wanted(&live))
        return 0;
    conduct->spares = calloc(conduct->run->plan->threads, sizeof *conduct->spares);
    conduct->interval = tally_create();
    if (!conduct->spares || !conduct->interval)
        return reason_errno(why, ENOMEM, "start");
    for (unsigned i = 0; i < conduct->run->plan->threads; i++)
        if (!(conduct->spares[i] = tally_create()))
            return reason_errno(why, ENOMEM, "start");
    return 0;
}

/* Starts the workers and sees them through. */
static int run_workers(struct conduct *conduct, struct reason *why)
{
    const struct plan *plan = conduct->run->plan;
    int status;

    if (loop_init(&conduct->loop, why) < 0)
        return -1;
    conduct->run->main = &conduct->loop;
    conduct->signals = (struct loop_source){.ready = signal_ready, .fd = conduct->load->signal_fd};
    status = loop_watch(&conduct->loop, &conduct->signals, LOOP_READ);
    if (status < 0)
        return reason_errno(why, -status, "epoll_ctl");
    if (make_spares(conduct, why) < 0)
        return -1;
    while (conduct->count < plan->threads) {
        if (worker_start(&conduct->shards[conduct->count], conduct->run, conduct->count, why) < 0)
            return -1;
        conduct->count++;
    }
    return conduct_run(conduct, why);
}

/* Adds what a joined shard counted, its tallies to *into; frees them. */
static void add_shard(struct result *result, struct tally *into, const struct run *run,
                      struct shard *shard)
{
    struct tally *returned = atomic_load(&shard->returned);
    uint64_t elapsed_ns = shard->done_ns > run->measure_ns ? shard->done_ns - run->measure_ns : 0;
    double cpu =
        (double)(run->plan->busy_poll ? shard->busy_ns : shard->user_ns + shard->system_ns);

    if (shard->going && elapsed_ns) {
        if (elapsed_ns > result->elapsed_ns)
            result->elapsed_ns = elapsed_ns;
        if (cpu / (double)elapsed_ns > result->busiest)
            result->busiest = cpu / (double)elapsed_ns;
        result->user_ns += shard->user_ns;
        result->system_ns += shard->system_ns;
    }
    if (result->busiest > 1)
        result->busiest = 1;
    result->connected += shard->connected;
    result->idle += shard->connected_idle;
    tally_merge(into, shard->tally);
    if (returned)
        tally_merge(into, returned);
    tally_destroy(shard->tally);
    tally_destroy(returned);
    tally_destroy(atomic_load(&shard->offered));
}

static int check_descriptors(const struct plan *plan, struct reason *why)
{
    uint64_t limit = descriptors_raise_limit();
    uint64_t needed = (uint64_t)plan->connections + plan->idle + OWN_DESCRIPTORS +
                      (uint64_t)WORKER_DESCRIPTORS * (plan->threads + 1);

    if (needed <= limit)
        return 0;
    return reason_set(why, REASON_NOFILE, EMFILE,
                      "%ju connections need %ju descriptors, the limit is %ju (ulimit -Hn)",
                      (uintmax_t)plan->connections + plan->idle, (uintmax_t)needed,
                      (uintmax_t)limit);
}

int load_run(struct load *load, const struct plan *plan, const struct endpoint *endpoint,
             const struct address *address, struct result *result, struct reason *why)
{
    struct run run = {.plan = plan, .address = address, .ring = &load->ring};
    struct conduct conduct = {
        .load = load, .run = &run, .loop = {.fd = -1, .wake_fd = -1}, .total = result->tally};
    struct pattern pattern;
    int status = -1;

    if (check_descriptors(plan, why) < 0)
        return -1;
    pattern_init(&pattern, plan->seed, load->runs++);
    ring_fill(&load->ring, &pattern);
    run.seed = pattern.key;
    endpoint_format(endpoint, result->endpoint, sizeof result->endpoint);
    address_format(address, result->address, sizeof result->address);
    result->processes = 1;
    result->threads = plan->threads;
    note_start(result);
    conduct.shards = calloc(plan->threads, sizeof *conduct.shards);
    if (!conduct.shards) {
        reason_errno(why, ENOMEM, "start");
        goto out;
    }
    status = run_workers(&conduct, why);
    if (status < 0)
        atomic_store(&run.phase, RUN_ABANDONED);
    wake_all(&conduct);
    for (unsigned i = 0; i < conduct.count; i++) {
        worker_join(&conduct.shards[i]);
        if (status == 0 && conduct.shards[i].why.word != REASON_NONE) {
            *why = conduct.shards[i].why;
            status = -1;
        }
        add_shard(result, conduct.interval ? conduct.interval : result->tally, &run,
                  &conduct.shards[i]);
    }
    result->interrupted = load->interruptions > 0;
    if (conduct.interval) {
        if (conduct.begun)
            live_end(&conduct.live, conduct.interval, run.measure_ns + result->elapsed_ns);
        tally_merge(result->tally, conduct.interval);
    }
out:
    for (unsigned i = 0; conduct.spares && i < plan->threads; i++)
        tally_destroy(conduct.spares[i]);
    free(conduct.spares);
    tally_destroy(conduct.interval);
    free(conduct.shards);
    loop_release(&conduct.loop);
    return status;
}
