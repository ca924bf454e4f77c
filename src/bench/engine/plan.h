/* SPDX-License-Identifier: ISC */
/* What the command line asks for: the options of echo-bench, checked. Plain data. */
#ifndef ENGINE_PLAN_H
#define ENGINE_PLAN_H

#include "base/options.h"
#include "base/reason.h"
#include "bench/engine/goals.h"
#include "bench/engine/pacer.h"
#include "transport/address.h"
#include "transport/endpoint.h"

#include <stdbool.h>
#include <stdint.h>

#define PLAN_ENDPOINTS_MAX 16
#define PLAN_SOURCES_MAX   64
#define PLAN_CPUS_MAX      256
#define PLAN_RATE_MAX      UINT64_C(100000000)
#define PLAN_SIZE_MAX      (UINT64_C(16) << 20)

struct workload;

enum plan_verify { PLAN_VERIFY_FULL, PLAN_VERIFY_SAMPLE, PLAN_VERIFY_NONE };
extern const char *const plan_verify_names[];
extern const char *const plan_arrival_names[];

struct plan {
    const struct workload *workload;
    struct endpoint endpoints[PLAN_ENDPOINTS_MAX];
    size_t endpoint_count;
    unsigned connections, idle, threads, in_flight, rounds;
    uint64_t duration_ns, warmup_ns, timeout_ns, interval_ns;
    uint64_t messages; /* 0: duration_ns decides */
    uint64_t size_min, size_max;
    uint64_t rate; /* 0: closed loop */
    enum pacer_arrival arrival;
    uint64_t churn;
    uint64_t seed; /* of the bytes, the sizes and the arrivals */
    bool busy_poll;
    enum plan_verify verify;
    struct goals require, find_max;
    unsigned cpus[PLAN_CPUS_MAX];
    size_t cpu_count;
    struct address sources[PLAN_SOURCES_MAX];
    size_t source_count;
    enum endpoint_family family;
    bool json, merge;
    const char *output, *hdr; /* file names of the command line; NULL */
    uint64_t given;           /* which rows of plan_options were set */
};

/* The options, for the command line, --help and the tests of the manual. */
extern const struct options_row plan_options[];
enum {
    PLAN_OPTION_ARRIVAL = OPTIONS_LONG,
    PLAN_OPTION_BULK,
    PLAN_OPTION_CHURN,
    PLAN_OPTION_IDLE,
    PLAN_OPTION_WARMUP,
    PLAN_OPTION_VERIFY,
    PLAN_OPTION_FIND_MAX,
    PLAN_OPTION_INTERLEAVE,
    PLAN_OPTION_REQUIRE,
    PLAN_OPTION_BUSY_POLL,
    PLAN_OPTION_CPU,
    PLAN_OPTION_SOURCE,
    PLAN_OPTION_TIMEOUT,
    PLAN_OPTION_SEED,
    PLAN_OPTION_HDR,
    PLAN_OPTION_INTERVAL,
    PLAN_OPTION_MERGE
};

/* The defaults. */
void plan_init(struct plan *plan);
/* One option; argument is NULL for a switch and must outlive the plan. The sentence names the
 * option. */
int plan_set(struct plan *plan, int letter, const char *argument, struct reason *why) MUST_CHECK;
/* One more endpoint. */
int plan_add_endpoint(struct plan *plan, const char *text, struct reason *why) MUST_CHECK;
/* Whether the option was set. */
bool plan_has(const struct plan *plan, int letter);

#endif
