/* SPDX-License-Identifier: ISC */
#include "bench/engine/plan_check.h"

#include "base/clock.h"
#include "bench/engine/workload.h"

#include <unistd.h>

/* --merge measures nothing: of the options only those of the report mean something. */
static int check_merge(const struct plan *plan, struct reason *why)
{
    static const int taken[] = {PLAN_OPTION_MERGE, 'j', 'o', PLAN_OPTION_HDR, PLAN_OPTION_REQUIRE};

    for (size_t row = 0; plan_options[row].letter; row++) {
        bool applies = false;

        for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
            applies |= plan_options[row].letter == taken[i];
        if (!applies && plan->given >> row & 1)
            return reason_set(why, REASON_USAGE, 0,
                              "--%s does not apply to --merge, which only adds reports up",
                              plan_options[row].name);
    }
    return 0;
}

static bool has_other_than_tcp(const struct plan *plan)
{
    for (size_t i = 0; i < plan->endpoint_count; i++)
        if (!(endpoint_traits(&plan->endpoints[i]) & ENDPOINT_HAS_HOST))
            return true;
    return false;
}

/* Two options of which the first means nothing, or the opposite, with the second. */
static int check_pairs(const struct plan *plan, struct reason *why)
{
    const struct {
        bool both;
        const char *sentence;
    } pairs[] = {
        {plan_has(plan, PLAN_OPTION_ARRIVAL) && !plan->rate && !plan->find_max.count,
         "--arrival belongs to an open loop: give a rate with -R"},
        {plan->messages && plan_has(plan, 'd'), "-d and -n are mutually exclusive"},
        {plan->messages && plan->find_max.count, "--find-max goes by time: use -d and not -n"},
        {plan->rounds > 1 && plan->endpoint_count < 2,
         "--interleave compares several endpoints: name two or more"},
        {plan->rounds > 1 && plan->find_max.count, "--find-max takes no --interleave"},
        {plan->find_max.count && plan->endpoint_count > 1, "--find-max takes one endpoint"},
        {plan->find_max.count > 1, "--find-max takes one goal"},
        {plan->hdr && plan->endpoint_count > 1, "--hdr takes one endpoint"},
        {plan->source_count && has_other_than_tcp(plan),
         "--source does not apply to Unix-domain sockets (TCP only)"},
    };

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (pairs[i].both)
            return reason_set(why, REASON_USAGE, 0, "%s", pairs[i].sentence);
    return 0;
}

static int apply_family(struct endpoint *endpoint, enum endpoint_family family, struct reason *why)
{
    char digit = family == ENDPOINT_IPV4 ? '4' : '6';
    char text[ENDPOINT_TEXT_SIZE];

    endpoint_format(endpoint, text, sizeof text);
    if (!(endpoint_traits(endpoint) & ENDPOINT_HAS_HOST))
        return reason_set(why, REASON_USAGE, 0, "-%c belongs to TCP endpoints, not to %.100s",
                          digit, text);
    if (endpoint->family && endpoint->family != family)
        return reason_set(why, REASON_USAGE, 0, "-%c contradicts %.100s", digit, text);
    endpoint->family = family;
    return 0;
}

int plan_check(struct plan *plan, struct reason *why)
{
    const char *sentence;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    if (plan->merge)
        return check_merge(plan, why);
    if (plan->workload->check && (sentence = plan->workload->check(plan)))
        return reason_set(why, REASON_USAGE, 0, "%s", sentence);
    if (check_pairs(plan, why) < 0)
        return -1;
    if (!plan->endpoint_count)
        return reason_set(why, REASON_USAGE, 0,
                          "no endpoint: name a server, for example unix:/tmp/echo.sock or "
                          "localhost:7777");
    for (size_t i = 0; plan->family && i < plan->endpoint_count; i++)
        if (apply_family(&plan->endpoints[i], plan->family, why) < 0)
            return -1;
    if (!plan->threads)
        plan->threads = cpus > 0 ? (unsigned)cpus : 1;
    if (plan->threads > plan->connections)
        plan->threads = plan->connections;
    if (plan->find_max.count && !plan_has(plan, 'd'))
        plan->duration_ns = 2 * NS_PER_S;
    return 0;
}
