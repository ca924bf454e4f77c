/* SPDX-License-Identifier: ISC */
#include "bench/worker.h"

#include "base/clock.h"
#include "base/owner.h"
#include "transport/io.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define CONNECTING_MAX 128u /* at a time, so that no backlog overflows */
#define SWEEP_MOST_NS  (100 * NS_PER_MS)
#define END_WAIT_NS    NS_PER_S /* for the peer's end after our half-close */

int worker_take(struct worker *worker, uint64_t now_ns)
{
    if (worker->stopped || now_ns >= worker->end_ns)
        return 0;
    if (now_ns < worker->measure_ns)
        return 1;
    if (!worker->left)
        return 0;
    worker->left--;
    return 1;
}

uint64_t worker_size(struct worker *worker)
{
    const struct plan *plan = worker->run->plan;
    uint64_t x = worker->random;

    if (plan->size_min == plan->size_max)
        return plan->size_min;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    worker->random = x;
    return plan->size_min + x % (plan->size_max - plan->size_min + 1);
}

void worker_add_free(struct worker *worker, struct flow *flow)
{
    if (flow->listed)
        return;
    flow->listed = 1;
    flow->next_free = NULL;
    if (worker->free_first)
        worker->free_last->next_free = flow;
    else
        worker->free_first = flow;
    worker->free_last = flow;
}

/* A flow that failed stays in the list; it is passed over here. */
static struct flow *first_free(struct worker *worker)
{
    struct flow *flow;

    while ((flow = worker->free_first)) {
        if (flow_has_room(flow))
            return flow;
        worker->free_first = flow->next_free;
        flow->listed = 0;
    }
    return NULL;
}

void worker_add_retry(struct worker *worker, struct flow *flow)
{
    if (!worker->retry || flow->retry_ns < worker->retry_ns)
        worker->retry_ns = flow->retry_ns;
    flow->next_retry = worker->retry;
    worker->retry = flow;
}

static void retry_flows(struct worker *worker)
{
    struct flow *flow = worker->retry;

    worker->retry = NULL;
    while (flow) {
        struct flow *next = flow->next_retry;

        if (flow->retry_ns <= worker->now_ns && worker->connecting < CONNECTING_MAX)
            flow_open(flow);
        else
            worker_add_retry(worker, flow);
        flow = next;
    }
}

/* Open loop: sends what is due while there is a connection that can take it. */
static void send_due(struct worker *worker)
{
    struct flow *flow;
    uint64_t due_ns;

    while ((due_ns = pacer_next(&worker->pacer)) <= worker->now_ns && (flow = first_free(worker)) &&
           worker_take(worker, due_ns)) {
        worker->free_first = flow->next_free;
        flow->listed = 0;
        pacer_advance(&worker->pacer);
        flow_offer(flow, due_ns);
        if (flow_has_room(flow))
            worker_add_free(worker, flow);
    }
}

static void timer_ready(struct loop_source *source, unsigned events)
{
    struct worker *worker = OWNER(source, struct worker, timer);
    uint64_t count;

    (void)events;
    worker->timer_ns = 0;
    /* Nothing to read means that it was set anew meanwhile. */
    if (read(source->fd, &count, sizeof count) < 0)
        return;
}

/* A timer that is set to an earlier time stays: it wakes once in vain and is set again. */
static void set_timer(struct worker *worker, uint64_t ns)
{
    struct itimerspec at = {
        .it_value = {.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)}};

    if (worker->timer_ns && worker->timer_ns <= ns)
        return;
    worker->timer_ns = ns;
    timerfd_settime(worker->timer.fd, TFD_TIMER_ABSTIME, &at, NULL);
}

/* How long the loop may sleep: not at all, or until something happens. What has a time is left to
 * the timer: a timeout of epoll_wait would be set up and torn down for every single sleep, which
 * costs a virtual machine more than the message. */
static int sleep_ms(struct worker *worker)
{
    uint64_t until_ns = worker->sweep_ns;

    if (worker->run->plan->busy_poll && worker->going)
        return 0;
    if (worker->retry && worker->retry_ns < until_ns)
        until_ns = worker->retry_ns;
    if (worker->going && !worker->stopped && worker->run->plan->rate && first_free(worker) &&
        pacer_next(&worker->pacer) < until_ns)
        until_ns = pacer_next(&worker->pacer);
    if (until_ns <= worker->now_ns)
        return 0;
    set_timer(worker, until_ns);
    return -1;
}

static uint64_t timeval_ns(struct timeval value)
{
    return (uint64_t)value.tv_sec * NS_PER_S + (uint64_t)value.tv_usec * NS_PER_US;
}

/* At the begin of the measured time, and again at its end, which leaves the difference. */
static void mark_cpu(struct worker *worker)
{
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    worker->user_ns = timeval_ns(usage.ru_utime) - worker->user_ns;
    worker->system_ns = timeval_ns(usage.ru_stime) - worker->system_ns;
    if (worker->cpu_taken++ == 0)
        worker->busy_ns = 0;
}

/* The main thread offers an empty tally: it gets this one. */
static void hand_over(struct worker *worker)
{
    struct tally *empty = atomic_load_explicit(&worker->offered, memory_order_acquire);

    if (!empty)
        return;
    atomic_store_explicit(&worker->offered, NULL, memory_order_relaxed);
    atomic_store_explicit(&worker->returned, worker->tally, memory_order_release);
    worker->tally = empty;
    loop_wake(worker->run->main);
}

/* What has to be looked at a few times a second only. The time by which that is late, because this
 * process was stopped or busy, is not the server's: what it answered meanwhile may still be unread,
 * and what it had no room for unsent. */
static void sweep(struct worker *worker)
{
    uint64_t every_ns = worker->run->plan->timeout_ns / 8;
    uint64_t late_ns = worker->now_ns - worker->sweep_ns;
    uint64_t over_ns = worker->now_ns > worker->end_ns ? worker->now_ns - worker->end_ns : 0;

    worker->sweep_ns = worker->now_ns + (every_ns < SWEEP_MOST_NS ? every_ns : SWEEP_MOST_NS);
    for (unsigned i = 0; i < worker->flow_count; i++)
        flow_check(&worker->flows[i], worker->now_ns, late_ns);
    worker->late_ns += late_ns < over_ns ? late_ns : over_ns;
    if (worker->open || late_ns > worker->now_ns - worker->open_ns)
        worker->open_ns = worker->now_ns;
    else
        worker->open_ns += late_ns;
}

/* No message will begin any more. */
static int sending_is_over(const struct worker *worker)
{
    if (worker->stopped || !worker->left)
        return 1;
    return worker->run->plan->rate ? pacer_next(&worker->pacer) >= worker->end_ns
                                   : worker->now_ns >= worker->end_ns;
}

static int turn(struct worker *worker)
{
    int count = loop_turn(&worker->loop, sleep_ms(worker));
    uint64_t began_ns = worker->now_ns;

    if (count < 0)
        return reason_errno(&worker->why, -count, "epoll_wait");
    worker->now_ns = clock_now_ns();
    if (count > 0)
        worker->busy_ns += worker->now_ns - began_ns;
    if (worker->now_ns >= worker->sweep_ns)
        sweep(worker);
    if (worker->retry && worker->retry_ns <= worker->now_ns &&
        !(worker->going && sending_is_over(worker)))
        retry_flows(worker);
    hand_over(worker);
    return 0;
}

/* Opens the connections, a bounded number at a time, until each has had its first answer. */
static int connect_all(struct worker *worker)
{
    unsigned next = 0;

    worker->now_ns = worker->open_ns = worker->sweep_ns = clock_now_ns();
    while (worker->settled < worker->flow_count) {
        for (; next < worker->flow_count && worker->connecting < CONNECTING_MAX; next++)
            flow_open(&worker->flows[next]);
        /* Connections to a Unix socket stand at once and leave nothing to wait for. */
        if (worker->settled == worker->flow_count)
            break;
        if (turn(worker) < 0)
            return -1;
        if (atomic_load(&worker->run->phase) >= RUN_STOPPING)
            return 0;
    }
    return 0;
}

/* Sleeps until the main thread has set the times. */
static int wait_for_start(struct worker *worker)
{
    const struct plan *plan = worker->run->plan;
    struct run *run = worker->run;

    atomic_store(&worker->ready, 1);
    loop_wake(run->main);
    while (atomic_load(&run->phase) == RUN_CONNECTING)
        if (turn(worker) < 0)
            return -1;
    worker->connected = worker->open;
    worker->connected_idle = worker->open_idle;
    if (atomic_load(&run->phase) >= RUN_STOPPING)
        return 0;
    worker->measure_ns = run->measure_ns;
    worker->end_ns = run->end_ns;
    worker->left = UINT64_MAX;
    if (plan->messages)
        worker->left = plan->messages / plan->threads +
                       (worker->index < plan->messages % plan->threads ? 1 : 0);
    if (plan->rate)
        pacer_init(&worker->pacer, plan->arrival, run->begin_ns, plan->rate, worker->index,
                   plan->threads, run->seed);
    worker->going = 1;
    worker->now_ns = clock_now_ns();
    for (unsigned i = 0; i < worker->flow_count; i++)
        if (worker->flows[i].state == FLOW_OPEN)
            flow_begin(&worker->flows[i]);
    return 0;
}

/* Interrupted: the measured time ends now, whatever was planned. */
static void stop(struct worker *worker)
{
    worker->stopped = 1;
    if (worker->now_ns < worker->end_ns)
        worker->end_ns = worker->now_ns;
}

/* Whether to go on waiting for what is owed. */
static int is_patient(const struct worker *worker)
{
    const struct run *run = worker->run;

    if (atomic_load_explicit(&run->phase, memory_order_relaxed) == RUN_ABANDONED)
        return 0;
    if (worker->now_ns >= worker->end_ns &&
        worker->now_ns - worker->end_ns >= run->patience_ns + worker->late_ns)
        return 0;
    /* A number of messages has no end of its own: without a connection it is never reached. */
    return !run->plan->messages || worker->open ||
           worker->now_ns - worker->open_ns < run->plan->timeout_ns;
}

static int measure(struct worker *worker)
{
    const struct plan *plan = worker->run->plan;

    while (!(sending_is_over(worker) && !worker->owed) && is_patient(worker)) {
        if (turn(worker) < 0)
            return -1;
        if (!worker->cpu_taken && worker->now_ns >= worker->measure_ns)
            mark_cpu(worker);
        if (worker->cpu_taken == 1 && worker->now_ns >= worker->end_ns)
            mark_cpu(worker);
        if (!worker->stopped &&
            atomic_load_explicit(&worker->run->phase, memory_order_relaxed) >= RUN_STOPPING)
            stop(worker);
        if (plan->rate && !worker->stopped)
            send_due(worker);
    }
    if (worker->cpu_taken == 1)
        mark_cpu(worker);
    /* The last message of a schedule may be back before the time is over. */
    worker->done_ns =
        plan->messages && worker->now_ns < worker->end_ns ? worker->now_ns : worker->end_ns;
    return 0;
}

/* What was due and could not be sent; what was sent and is still owed. */
static void count_missing(struct worker *worker)
{
    const struct plan *plan = worker->run->plan;
    struct tally *tally = worker->tally;
    uint64_t until_ns = worker->now_ns < worker->end_ns ? worker->now_ns + 1 : worker->end_ns;

    if (plan->rate) {
        uint64_t count = pacer_count(&worker->pacer, worker->measure_ns, until_ns);

        tally->unsent += count < worker->left ? count : worker->left;
    }
    for (unsigned i = 0; i < worker->flow_count; i++)
        if (worker->flows[i].state == FLOW_OPEN && flow_owed(&worker->flows[i])) {
            if (atomic_load(&worker->run->phase) != RUN_ABANDONED)
                tally->errors[plan->bulk ? REASON_STALLED : REASON_TIMEOUT]++;
            flow_close(&worker->flows[i]);
        }
}

/* Half-closes all connections and sees them end, so that bytes that nobody sent are noticed. */
static int end_all(struct worker *worker)
{
    uint64_t until_ns = worker->now_ns + END_WAIT_NS;

    worker->stopped = 1;
    for (unsigned i = 0; i < worker->flow_count; i++)
        flow_end(&worker->flows[i]);
    while (worker->ending && worker->now_ns < until_ns &&
           atomic_load(&worker->run->phase) != RUN_ABANDONED)
        if (turn(worker) < 0)
            return -1;
    for (unsigned i = 0; i < worker->flow_count; i++)
        flow_close(&worker->flows[i]);
    return 0;
}

static int pin(struct worker *worker)
{
    const struct plan *plan = worker->run->plan;
    unsigned cpu = plan->cpu_count ? plan->cpus[worker->index % plan->cpu_count] : 0;
    cpu_set_t set;
    int code;

    if (!plan->cpu_count)
        return 0;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    code = pthread_setaffinity_np(pthread_self(), sizeof set, &set);
    return code ? reason_errno(&worker->why, code, "run on CPU %u", cpu) : 0;
}

static void *worker_main(void *argument)
{
    struct worker *worker = argument;

    if (pin(worker) == 0 && connect_all(worker) == 0 && wait_for_start(worker) == 0 &&
        worker->going && measure(worker) == 0) {
        count_missing(worker);
        /* A failure of the loop itself stands in worker->why. */
        if (end_all(worker) < 0)
            worker->done_ns = worker->now_ns;
    }
    for (unsigned i = 0; i < worker->flow_count; i++)
        flow_close(&worker->flows[i]);
    atomic_store(&worker->finished, 1);
    loop_wake(worker->run->main);
    return NULL;
}

static void release(struct worker *worker)
{
    io_close(&worker->timer.fd);
    loop_release(&worker->loop);
    free(worker->buffer);
    free(worker->messages);
    free(worker->flows);
}

/* The part-th of parts as equal as possible of a count. */
static unsigned share(unsigned count, unsigned part, unsigned parts)
{
    return count / parts + (part < count % parts ? 1 : 0);
}

static void init_flows(struct worker *worker, unsigned busy)
{
    const struct plan *plan = worker->run->plan;

    for (unsigned i = 0; i < worker->flow_count; i++)
        flow_init(&worker->flows[i], worker, worker->index + i * plan->threads, i >= busy,
                  i < busy ? worker->messages + (size_t)i * plan->in_flight : NULL);
}

int worker_start(struct worker *worker, struct run *run, unsigned index, struct reason *why)
{
    const struct plan *plan = run->plan;
    unsigned busy = share(plan->connections, index, plan->threads);
    int code = ENOMEM;

    *worker = (struct worker){.run = run,
                              .index = index,
                              .loop = {.fd = -1, .wake_fd = -1},
                              .timer = {.ready = timer_ready, .fd = -1},
                              .measure_ns = UINT64_MAX,
                              .end_ns = UINT64_MAX,
                              .random = (run->seed | 1) * (2 * (uint64_t)index + 1),
                              .next_stream = index};
    worker->flow_count = busy + share(plan->idle, index, plan->threads);
    worker->flows = calloc(worker->flow_count, sizeof *worker->flows);
    worker->messages = calloc((size_t)busy * plan->in_flight, sizeof *worker->messages);
    worker->buffer = malloc(RING_SPAN);
    worker->tally = tally_create();
    if (!worker->flows || !worker->messages || !worker->buffer || !worker->tally)
        goto failed;
    init_flows(worker, busy);
    if (loop_init(&worker->loop, why) < 0)
        goto out;
    worker->timer.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (worker->timer.fd < 0) {
        code = errno;
        goto failed;
    }
    code = -loop_watch(&worker->loop, &worker->timer, LOOP_READ);
    if (code)
        goto failed;
    code = pthread_create(&worker->thread, NULL, worker_main, worker);
    if (!code)
        return 0;
failed:
    reason_errno(why, code, "start a thread of the load");
out:
    tally_destroy(worker->tally);
    release(worker);
    return -1;
}

void worker_join(struct worker *worker)
{
    pthread_join(worker->thread, NULL);
    release(worker);
}
