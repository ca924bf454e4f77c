/* SPDX-License-Identifier: ISC */
/* What the connections of a run do: one row, and one file, for each kind. */
#ifndef ENGINE_WORKLOAD_H
#define ENGINE_WORKLOAD_H

#include "base/loop.h"
#include "base/reason.h"

#include <stdbool.h>
#include <stdint.h>

struct flow;
struct plan;

struct workload {
    const char *name;         /* of the option that chooses it, and of the reports */
    int option;               /* the letter of that option; 0: what is done without one */
    bool has_messages;        /* so there are a rate and latencies, in an open or closed loop */
    const char *title;        /* of the report for people, where there are none */
    enum reason_word overdue; /* the failure of a flow whose echo is late */

    /* The sentence for what else of the plan does not go with it, NULL when all does. The slot may
     * be NULL. */
    const char *(*check)(const struct plan *plan);
    /* The load begins and this flow is open, or it has opened meanwhile: sends what comes first. */
    void (*begin)(struct flow *flow);
    /* An open flow can be read or written to. */
    void (*ready)(struct loop_source *source, unsigned events);
    /* Since when the peer of an open flow has had time for the echo that is outstanding. */
    uint64_t (*waiting_since)(const struct flow *flow);
    /* Open loop: sends a message that was due at due_ns; the flow has room for it. NULL without
     * messages. */
    void (*offer)(struct flow *flow, uint64_t due_ns);
};

/* Each is defined in the file of its name. */
extern const struct workload workload_messages, workload_bulk;

/* All of them, with NULL at the end; the first is that without an option. */
extern const struct workload *const workloads[];

/* The one of this name, or else the first: of a workload with messages reports name the loop. */
const struct workload *workload_find(const char *name);

/* The one that this option chooses; NULL for other options. */
const struct workload *workload_of_option(int letter);

#endif
