/* SPDX-License-Identifier: ISC */
#include "bench/engine/worker.h"

#include "base/clock.h"
#include "base/owner.h"
#include "bench/engine/flow.h"
#include "bench/engine/schedule.h"
#include "bench/engine/workload.h"
#include "transport/io.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define SWEEP_MOST_NS (100 * NS_PER_MS)
#define END_WAIT_NS   NS_PER_S /* for the peer's end after our half-close */

static void timer_ready(struct loop_source *source, unsigned events)
{
    struct shard *shard = OWNER(source, struct shard, timer);
    uint64_t count;

    (void)events;
    shard->timer_ns = 0;
    /* Nothing to read means that it was set anew meanwhile. */
    if (read(source->fd, &count, sizeof count) < 0)
        return;
}

/* A timer that is set to an earlier time stays: it wakes once in vain and is set again. */
static void set_timer(struct shard *shard, uint64_t ns)
{
    struct itimerspec at = {
        .it_value = {.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)}};

    if (shard->timer_ns && shard->timer_ns <= ns)
        return;
    shard->timer_ns = ns;
    timerfd_settime(shard->timer.fd, TFD_TIMER_ABSTIME, &at, NULL);
}

/* How long the loop may sleep: not at all, or until something happens. What has a time is left to
 * the timer: a timeout of epoll_wait would be set up and torn down for every single sleep, which
 * costs a virtual machine more than the message. */
static int sleep_ms(struct shard *shard)
{
    bool sends = shard->going && !shard->stopped && shard->plan->rate;
    uint64_t next_ns = sends ? schedule_next(shard) : UINT64_MAX;
    uint64_t until_ns = shard->sweep_ns;

    if (shard->plan->busy_poll && shard->going)
        return 0;
    if (shard->retry && shard->retry_ns < until_ns)
        until_ns = shard->retry_ns;
    if (next_ns < until_ns)
        until_ns = next_ns;
    if (until_ns <= shard->now_ns)
        return 0;
    set_timer(shard, until_ns);
    return -1;
}

static uint64_t timeval_ns(struct timeval value)
{
    return (uint64_t)value.tv_sec * NS_PER_S + (uint64_t)value.tv_usec * NS_PER_US;
}

/* At the begin of the measured time, and again at its end, which leaves the difference. */
static void mark_cpu(struct shard *shard)
{
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    shard->user_ns = timeval_ns(usage.ru_utime) - shard->user_ns;
    shard->system_ns = timeval_ns(usage.ru_stime) - shard->system_ns;
    if (shard->cpu_taken++ == 0)
        shard->busy_ns = 0;
}

/* The main thread offers an empty tally: it gets this one. */
static void hand_over(struct shard *shard)
{
    struct tally *empty = atomic_load_explicit(&shard->offered, memory_order_acquire);

    if (!empty)
        return;
    atomic_store_explicit(&shard->offered, NULL, memory_order_relaxed);
    atomic_store_explicit(&shard->returned, shard->tally, memory_order_release);
    shard->tally = empty;
    loop_wake(shard->run->main);
}

/* What has to be looked at a few times a second only. The time by which that is late, because this
 * process was stopped or busy, is not the server's: what it answered meanwhile may still be unread,
 * and what it had no room for unsent. */
static void sweep(struct shard *shard)
{
    uint64_t every_ns = shard->plan->timeout_ns / 8;
    uint64_t late_ns = shard->now_ns - shard->sweep_ns;
    uint64_t over_ns = shard->now_ns > shard->end_ns ? shard->now_ns - shard->end_ns : 0;

    shard->sweep_ns = shard->now_ns + (every_ns < SWEEP_MOST_NS ? every_ns : SWEEP_MOST_NS);
    for (unsigned i = 0; i < shard->flow_count; i++)
        flow_check(&shard->flows[i], shard->now_ns, late_ns);
    shard->late_ns += late_ns < over_ns ? late_ns : over_ns;
    if (shard->open || late_ns > shard->now_ns - shard->open_ns)
        shard->open_ns = shard->now_ns;
    else
        shard->open_ns += late_ns;
}

/* No message will begin any more. */
static bool sending_is_over(const struct shard *shard)
{
    if (shard->stopped || !shard->left)
        return true;
    return shard->plan->rate ? pacer_next(&shard->pacer) >= shard->end_ns
                             : shard->now_ns >= shard->end_ns;
}

static int turn(struct shard *shard)
{
    int count = loop_turn(&shard->loop, sleep_ms(shard));
    uint64_t began_ns = shard->now_ns;

    if (count < 0)
        return reason_errno(&shard->why, -count, "epoll_wait");
    shard->now_ns = clock_now_ns();
    if (count > 0)
        shard->busy_ns += shard->now_ns - began_ns;
    if (shard->now_ns >= shard->sweep_ns)
        sweep(shard);
    if (shard->retry && shard->retry_ns <= shard->now_ns &&
        !(shard->going && sending_is_over(shard)))
        flow_retry(shard);
    hand_over(shard);
    return 0;
}

/* Opens the connections, a bounded number at a time, until each has had its first answer. */
static int connect_all(struct shard *shard)
{
    unsigned next = 0;

    shard->now_ns = shard->open_ns = shard->sweep_ns = clock_now_ns();
    while (shard->settled < shard->flow_count) {
        for (; next < shard->flow_count && shard->connecting < FLOW_CONNECTING_MAX; next++)
            flow_open(&shard->flows[next]);
        /* Connections to a Unix socket stand at once and leave nothing to wait for. */
        if (shard->settled == shard->flow_count)
            break;
        if (turn(shard) < 0)
            return -1;
        if (atomic_load(&shard->run->phase) >= RUN_STOPPING)
            return 0;
    }
    return 0;
}

/* Sleeps until the main thread has set the times. */
static int wait_for_start(struct shard *shard)
{
    const struct plan *plan = shard->plan;
    struct run *run = shard->run;

    atomic_store(&shard->ready, true);
    loop_wake(run->main);
    while (atomic_load(&run->phase) == RUN_CONNECTING)
        if (turn(shard) < 0)
            return -1;
    shard->connected = shard->open;
    shard->connected_idle = shard->open_idle;
    if (atomic_load(&run->phase) >= RUN_STOPPING)
        return 0;
    shard->measure_ns = run->measure_ns;
    shard->end_ns = run->end_ns;
    shard->left = UINT64_MAX;
    if (plan->messages)
        shard->left = plan->messages / plan->threads +
                      (shard->index < plan->messages % plan->threads ? 1 : 0);
    if (plan->rate)
        pacer_init(&shard->pacer, plan->arrival, run->begin_ns, plan->rate, shard->index,
                   plan->threads, run->seed);
    shard->going = true;
    shard->now_ns = clock_now_ns();
    for (unsigned i = 0; i < shard->flow_count; i++)
        if (shard->flows[i].state == FLOW_OPEN)
            flow_begin(&shard->flows[i]);
    return 0;
}

/* Interrupted: the measured time ends now, whatever was planned. */
static void stop(struct shard *shard)
{
    shard->stopped = true;
    if (shard->now_ns < shard->end_ns)
        shard->end_ns = shard->now_ns;
}

/* Whether to go on waiting for what is owed. */
static bool is_patient(const struct shard *shard)
{
    const struct run *run = shard->run;

    if (atomic_load_explicit(&run->phase, memory_order_relaxed) == RUN_ABANDONED)
        return false;
    if (shard->now_ns >= shard->end_ns &&
        shard->now_ns - shard->end_ns >= run->patience_ns + shard->late_ns)
        return false;
    /* A number of messages has no end of its own: without a connection it is never reached. */
    return !shard->plan->messages || shard->open ||
           shard->now_ns - shard->open_ns < shard->plan->timeout_ns;
}

static int measure(struct shard *shard)
{
    const struct plan *plan = shard->plan;

    while (!(sending_is_over(shard) && !shard->owed) && is_patient(shard)) {
        if (turn(shard) < 0)
            return -1;
        if (!shard->cpu_taken && shard->now_ns >= shard->measure_ns)
            mark_cpu(shard);
        if (shard->cpu_taken == 1 && shard->now_ns >= shard->end_ns)
            mark_cpu(shard);
        if (!shard->stopped &&
            atomic_load_explicit(&shard->run->phase, memory_order_relaxed) >= RUN_STOPPING)
            stop(shard);
        if (plan->rate && !shard->stopped && pacer_next(&shard->pacer) <= shard->now_ns)
            schedule_send(shard);
    }
    if (shard->cpu_taken == 1)
        mark_cpu(shard);
    /* The last message of a schedule may be back before the time is over. */
    shard->done_ns =
        plan->messages && shard->now_ns < shard->end_ns ? shard->now_ns : shard->end_ns;
    return 0;
}

/* What was due and could not be sent; what was sent and is still owed. */
static void count_missing(struct shard *shard)
{
    const struct plan *plan = shard->plan;
    struct tally *tally = shard->tally;
    uint64_t until_ns = shard->now_ns < shard->end_ns ? shard->now_ns + 1 : shard->end_ns;

    if (plan->rate) {
        uint64_t count = pacer_count(&shard->pacer, shard->measure_ns, until_ns);

        tally->unsent += count < shard->left ? count : shard->left;
    }
    for (unsigned i = 0; i < shard->flow_count; i++)
        if (shard->flows[i].state == FLOW_OPEN && flow_owed(&shard->flows[i])) {
            if (atomic_load(&shard->run->phase) != RUN_ABANDONED)
                tally->errors[plan->workload->overdue]++;
            flow_close(&shard->flows[i]);
        }
}

/* Half-closes all connections and sees them end, so that bytes that nobody sent are noticed. */
static int end_all(struct shard *shard)
{
    uint64_t until_ns = shard->now_ns + END_WAIT_NS;

    shard->stopped = true;
    for (unsigned i = 0; i < shard->flow_count; i++)
        flow_end(&shard->flows[i]);
    while (shard->ending && shard->now_ns < until_ns &&
           atomic_load(&shard->run->phase) != RUN_ABANDONED)
        if (turn(shard) < 0)
            return -1;
    return 0;
}

static int pin(struct shard *shard)
{
    const struct plan *plan = shard->plan;
    unsigned cpu = plan->cpu_count ? plan->cpus[shard->index % plan->cpu_count] : 0;
    cpu_set_t set;
    int code;

    if (!plan->cpu_count)
        return 0;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    code = pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    return code ? reason_errno(&shard->why, code, "run on CPU %u", cpu) : 0;
}

static void *worker_main(void *argument)
{
    struct shard *shard = argument;

    if (pin(shard) == 0 && connect_all(shard) == 0 && wait_for_start(shard) == 0 && shard->going &&
        measure(shard) == 0) {
        count_missing(shard);
        /* A failure of the loop itself stands in shard->why. */
        if (end_all(shard) < 0)
            shard->done_ns = shard->now_ns;
    }
    for (unsigned i = 0; i < shard->flow_count; i++)
        flow_close(&shard->flows[i]);
    atomic_store(&shard->finished, true);
    loop_wake(shard->run->main);
    return NULL;
}

static void release(struct shard *shard)
{
    io_close(&shard->timer.fd);
    loop_release(&shard->loop);
    free(shard->buffer);
    free(shard->messages);
    free(shard->flows);
}

/* The part-th of parts as equal as possible of a count. */
static unsigned share(unsigned count, unsigned part, unsigned parts)
{
    return count / parts + (part < count % parts ? 1 : 0);
}

static void init_flows(struct shard *shard, unsigned busy)
{
    const struct plan *plan = shard->plan;

    for (unsigned i = 0; i < shard->flow_count; i++)
        flow_init(&shard->flows[i], shard, shard->index + i * plan->threads, i >= busy,
                  i < busy ? shard->messages + (size_t)i * plan->in_flight : NULL);
}

int worker_start(struct shard *shard, struct run *run, unsigned index, struct reason *why)
{
    const struct plan *plan = run->plan;
    unsigned busy = share(plan->connections, index, plan->threads);
    int code = ENOMEM;

    *shard = (struct shard){.run = run,
                            .plan = plan,
                            .index = index,
                            .loop = {.fd = -1, .wake_fd = -1},
                            .timer = {.ready = timer_ready, .fd = -1},
                            .measure_ns = UINT64_MAX,
                            .end_ns = UINT64_MAX,
                            .random = (run->seed | 1) * (2 * (uint64_t)index + 1),
                            .next_stream = index};
    shard->flow_count = busy + share(plan->idle, index, plan->threads);
    shard->flows = calloc(shard->flow_count, sizeof *shard->flows);
    shard->messages = calloc((size_t)busy * plan->in_flight, sizeof *shard->messages);
    shard->buffer = malloc(RING_SPAN);
    shard->tally = tally_create();
    if (!shard->flows || !shard->messages || !shard->buffer || !shard->tally)
        goto failed;
    init_flows(shard, busy);
    if (loop_init(&shard->loop, why) < 0)
        goto out;
    shard->timer.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (shard->timer.fd < 0) {
        code = errno;
        goto failed;
    }
    code = -loop_watch(&shard->loop, &shard->timer, LOOP_READ);
    if (code)
        goto failed;
    code = pthread_create(&shard->thread, NULL, worker_main, shard);
    if (!code)
        return 0;
failed:
    reason_errno(why, code, "start a thread of the load");
out:
    tally_destroy(shard->tally);
    release(shard);
    return -1;
}

void worker_join(struct shard *shard)
{
    pthread_join(shard->thread, NULL);
    release(shard);
}
