/* SPDX-License-Identifier: ISC */
#include "bench/engine/plan.h"

#include "base/clock.h"
#include "base/text.h"
#include "bench/engine/workload.h"
#include "measure/pattern.h"
#include "transport/transport.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define DAY_NS     (86400 * NS_PER_S)
#define OTHER_KIND 1 /* the option belongs to another of the functions below */

const char *const plan_verify_names[] = {"full", "sample", "none", NULL};
const char *const plan_arrival_names[] = {"uniform", "poisson", NULL};

const struct options_row plan_options[] = {
    {'c', "connections", "N", "connections (50)"},
    {'t', "threads", "N", "threads, 0 = one per CPU (1)"},
    {'d', "duration", "D", "run time (10s)"},
    {'n', "messages", "N", "end after this many messages instead"},
    {'s', "size", "SIZE", "size of a message (64); A:B = uniform between them"},
    {'P', "in-flight", "N", "messages in flight on each connection (1)"},
    {'R', "rate", "RATE",
     "open loop: so many messages per second in total,\n"
     "latency from the intended send time; without it the\n"
     "loop is closed"},
    {PLAN_OPTION_ARRIVAL, "arrival", "KIND", "uniform or poisson arrivals (uniform; with -R)"},
    {PLAN_OPTION_BULK, "bulk", NULL, "stream as fast as possible, both ways"},
    {PLAN_OPTION_CHURN, "churn", "N", "close and reconnect after N messages"},
    {PLAN_OPTION_IDLE, "idle", "N", "extra silent connections (0)"},
    {PLAN_OPTION_WARMUP, "warmup", "D", "time before anything counts (1s)"},
    {PLAN_OPTION_VERIFY, "verify", "HOW", "bytes compared: full, sample or none (full)"},
    {PLAN_OPTION_SEED, "seed", "N", "choose the bytes; without it another for each run"},
    {PLAN_OPTION_TIMEOUT, "timeout", "D", "an echo outstanding for longer has failed (10s)"},
    {PLAN_OPTION_FIND_MAX, "find-max", "GOAL",
     "the highest rate that meets a goal such as p99<2ms;\n"
     "each attempt takes the run time (then 2s)"},
    {PLAN_OPTION_INTERLEAVE, "interleave", "N",
     "rounds A B A B... over several endpoints (1); from\n"
     "two on with the 95 % interval of the difference"},
    {PLAN_OPTION_REQUIRE, "require", "GOALS",
     "exit 6 unless all are met: p99<1ms,errors=0,rate>9000\n"
     "(p50 p99.9 ... min mean max, errors, rate, bytes)"},
    {PLAN_OPTION_BUSY_POLL, "busy-poll", NULL, "spin instead of sleeping"},
    {PLAN_OPTION_CPU, "cpu", "LIST", "run the threads on these CPUs: 0,2-3"},
    {PLAN_OPTION_SOURCE, "source", "LIST",
     "connect from these local addresses in turn (each has\n"
     "about 28000 ports): 127.0.0.2,127.0.0.3"},
    {'4', "ipv4", NULL, "IPv4 only"},
    {'6', "ipv6", NULL, "IPv6 only"},
    {'j', "json", NULL, "report as JSON, one object per line"},
    {'o', "output", "FILE", "write the JSON report into a file"},
    {PLAN_OPTION_HDR, "hdr", "FILE", "write the latencies as an .hgrm percentile table (ms)"},
    {PLAN_OPTION_INTERVAL, "interval", "D", "a line of figures this often"},
    {PLAN_OPTION_MERGE, "merge", NULL,
     "the operands are JSON reports of runs that took place\n"
     "at the same time: add them up into one"},
    {'V', "version", NULL, "print the version"},
    {'h', "help", NULL, "print this"},
    {0, NULL, NULL, NULL},
};

void plan_init(struct plan *plan)
{
    *plan = (struct plan){
        .workload = workloads[0],
        .connections = 50,
        .threads = 1,
        .in_flight = 1,
        .rounds = 1,
        .duration_ns = 10 * NS_PER_S,
        .warmup_ns = NS_PER_S,
        .timeout_ns = 10 * NS_PER_S,
        .size_min = 64,
        .size_max = 64,
        .seed = pattern_choose_seed(),
    };
}

static int set_number(unsigned *number, const char *text, unsigned min, unsigned max,
                      struct reason *why)
{
    uint64_t value;

    if (text_number(text, min, max, &value, why) < 0)
        return -1;
    *number = (unsigned)value;
    return 0;
}

static int set_duration(uint64_t *duration_ns, const char *text, uint64_t min_ns,
                        struct reason *why)
{
    return text_duration(text, TEXT_UNIT_SECONDS, min_ns, 365 * DAY_NS, duration_ns, why);
}

static int set_name(const char *const *names, const char *text, unsigned *index, struct reason *why)
{
    const char *nearest;
    char quoted[48];

    for (unsigned i = 0; names[i]; i++)
        if (strcmp(names[i], text) == 0) {
            *index = i;
            return 0;
        }
    nearest = text_nearest(text, names);
    text_escape(quoted, sizeof quoted, text, strlen(text));
    return reason_set(why, REASON_USAGE, 0, "\"%s\" is not known (did you mean \"%s\"?)", quoted,
                      nearest ? nearest : names[0]);
}

/* SIZE or A:B. */
static int set_size(struct plan *plan, const char *text, struct reason *why)
{
    const char *colon = strchr(text, ':');
    char low[32];

    if (!colon) {
        if (text_size(text, 1, PLAN_SIZE_MAX, &plan->size_min, why) < 0)
            return -1;
        plan->size_max = plan->size_min;
        return 0;
    }
    snprintf(low, sizeof low, "%.*s", (int)(colon - text < 31 ? colon - text : 31), text);
    if (text_size(low, 1, PLAN_SIZE_MAX, &plan->size_min, why) < 0)
        return -1;
    return text_size(colon + 1, plan->size_min, PLAN_SIZE_MAX, &plan->size_max, why);
}

/* Calls add for each item of a comma-separated list. */
static int each_item(struct plan *plan, const char *text,
                     int (*add)(struct plan *, const char *, struct reason *), struct reason *why)
{
    for (;;) {
        char item[80];
        size_t length = strcspn(text, ",");

        snprintf(item, sizeof item, "%.*s", (int)(length < sizeof item ? length : sizeof item),
                 text);
        if (add(plan, item, why) < 0)
            return -1;
        if (!text[length])
            return 0;
        text += length + 1;
    }
}

/* "3" or "2-5". */
static int add_cpus(struct plan *plan, const char *item, struct reason *why)
{
    char low[80];
    const char *dash = strchr(item, '-');
    unsigned first, last;

    snprintf(low, sizeof low, "%.*s", (int)(dash ? (size_t)(dash - item) : strlen(item)), item);
    if (set_number(&first, low, 0, 1023, why) < 0 ||
        set_number(&last, dash ? dash + 1 : low, first, 1023, why) < 0)
        return -1;
    for (unsigned cpu = first; cpu <= last; cpu++) {
        if (plan->cpu_count == PLAN_CPUS_MAX)
            return reason_set(why, REASON_USAGE, 0, "more than %d CPUs", PLAN_CPUS_MAX);
        plan->cpus[plan->cpu_count++] = cpu;
    }
    return 0;
}

/* An address of this machine, without port; IPv6 with or without brackets. */
static int add_source(struct plan *plan, const char *item, struct reason *why)
{
    char text[96];
    struct endpoint endpoint;
    bool bare_ipv6 = strchr(item, ':') && item[0] != '[';

    if (plan->source_count == PLAN_SOURCES_MAX)
        return reason_set(why, REASON_USAGE, 0, "more than %d addresses", PLAN_SOURCES_MAX);
    if (!*item)
        return reason_set(why, REASON_USAGE, 0, "an address is empty");
    snprintf(text, sizeof text, bare_ipv6 ? "tcp:[%s]:0" : "tcp:%s:0", item);
    if (endpoint_parse(&endpoint, text, why) < 0)
        return -1;
    if (transport_resolve(&endpoint, TRANSPORT_SERVER, &plan->sources[plan->source_count], 1, why) <
        0)
        return -1;
    plan->source_count++;
    return 0;
}

static int set_amount(struct plan *plan, int letter, const char *argument, struct reason *why)
{
    switch (letter) {
    case 'c':
        return set_number(&plan->connections, argument, 1, 1000000, why);
    case 't':
        return set_number(&plan->threads, argument, 0, 256, why);
    case 'n':
        return text_number(argument, 1, INT64_MAX, &plan->messages, why);
    case 's':
        return set_size(plan, argument, why);
    case 'P':
        return set_number(&plan->in_flight, argument, 1, 65536, why);
    case 'R':
        return text_rate(argument, 1, PLAN_RATE_MAX, &plan->rate, why);
    case PLAN_OPTION_CHURN:
        return text_number(argument, 1, INT64_MAX, &plan->churn, why);
    case PLAN_OPTION_SEED:
        return text_number(argument, 0, INT64_MAX, &plan->seed, why);
    case PLAN_OPTION_IDLE:
        return set_number(&plan->idle, argument, 0, 1000000, why);
    case PLAN_OPTION_INTERLEAVE:
        return set_number(&plan->rounds, argument, 1, 10000, why);
    default:
        return OTHER_KIND;
    }
}

static int set_time(struct plan *plan, int letter, const char *argument, struct reason *why)
{
    switch (letter) {
    case 'd':
        return set_duration(&plan->duration_ns, argument, NS_PER_MS, why);
    case PLAN_OPTION_WARMUP:
        return set_duration(&plan->warmup_ns, argument, 0, why);
    case PLAN_OPTION_TIMEOUT:
        return set_duration(&plan->timeout_ns, argument, NS_PER_MS, why);
    case PLAN_OPTION_INTERVAL:
        return set_duration(&plan->interval_ns, argument, 10 * NS_PER_MS, why);
    default:
        return OTHER_KIND;
    }
}

static int set_switch(struct plan *plan, int letter)
{
    const struct workload *workload = workload_of_option(letter);

    if (workload) {
        plan->workload = workload;
        return 0;
    }
    switch (letter) {
    case PLAN_OPTION_BUSY_POLL:
        plan->busy_poll = true;
        return 0;
    case PLAN_OPTION_MERGE:
        plan->merge = true;
        return 0;
    case 'j':
        plan->json = true;
        return 0;
    default:
        return OTHER_KIND;
    }
}

static int set_family(struct plan *plan, enum endpoint_family family, struct reason *why)
{
    if (plan->family && plan->family != family)
        return reason_set(why, REASON_USAGE, 0, "-4 and -6 are mutually exclusive");
    plan->family = family;
    return 0;
}

/* Each --require adds to those before. */
static int add_goals(struct goals *goals, const char *text, struct reason *why)
{
    struct goals more;

    if (goals_parse(&more, text, why) < 0)
        return -1;
    if (goals->count + more.count > GOALS_MAX)
        return reason_set(why, REASON_USAGE, 0, "more than %d goals", GOALS_MAX);
    for (size_t i = 0; i < more.count; i++)
        goals->list[goals->count++] = more.list[i];
    return 0;
}

static int set_other(struct plan *plan, int letter, const char *argument, struct reason *why)
{
    unsigned index = 0;
    int status;

    switch (letter) {
    case PLAN_OPTION_ARRIVAL:
        status = set_name(plan_arrival_names, argument, &index, why);
        plan->arrival = (enum pacer_arrival)index;
        return status;
    case PLAN_OPTION_VERIFY:
        status = set_name(plan_verify_names, argument, &index, why);
        plan->verify = (enum plan_verify)index;
        return status;
    case PLAN_OPTION_FIND_MAX:
        return goals_parse(&plan->find_max, argument, why);
    case PLAN_OPTION_REQUIRE:
        return add_goals(&plan->require, argument, why);
    case PLAN_OPTION_CPU:
        return each_item(plan, argument, add_cpus, why);
    case PLAN_OPTION_SOURCE:
        return each_item(plan, argument, add_source, why);
    case '4':
        return set_family(plan, ENDPOINT_IPV4, why);
    case '6':
        return set_family(plan, ENDPOINT_IPV6, why);
    case 'o':
        plan->output = argument;
        return 0;
    case PLAN_OPTION_HDR:
        plan->hdr = argument;
        return 0;
    default:
        return OTHER_KIND;
    }
}

int plan_set(struct plan *plan, int letter, const char *argument, struct reason *why)
{
    const struct options_row *row = options_find(plan_options, letter);
    struct reason inner;
    int status = set_switch(plan, letter);

    if (status == OTHER_KIND)
        status = set_amount(plan, letter, argument, &inner);
    if (status == OTHER_KIND)
        status = set_time(plan, letter, argument, &inner);
    if (status == OTHER_KIND)
        status = set_other(plan, letter, argument, &inner);
    assert(status != OTHER_KIND);
    plan->given |= UINT64_C(1) << (row - plan_options);
    if (status == 0)
        return 0;
    return reason_set(why, inner.word, inner.code, "--%s: %s", row->name, inner.text);
}

int plan_add_endpoint(struct plan *plan, const char *text, struct reason *why)
{
    if (plan->endpoint_count == PLAN_ENDPOINTS_MAX)
        return reason_set(why, REASON_USAGE, 0, "more than %d endpoints", PLAN_ENDPOINTS_MAX);
    if (endpoint_parse(&plan->endpoints[plan->endpoint_count], text, why) < 0)
        return -1;
    plan->endpoint_count++;
    return 0;
}

bool plan_has(const struct plan *plan, int letter)
{
    return plan->given >> (options_find(plan_options, letter) - plan_options) & 1;
}
