/* SPDX-License-Identifier: ISC */
/* A trial in a process of its own: a crash harms nobody there, and nobody waits while names are
 * looked up. */
#ifndef SETTINGS_CHILD_H
#define SETTINGS_CHILD_H

#include "base/loop.h"
#include "server/settings/trial.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct child {
    struct loop_source source;
    struct loop *loop;
    pid_t pid; /* 0: none */
    uint64_t deadline_ns;
    bool late; /* it was killed at its limit */
    struct trial_record *record;
    struct trial trial;
    void (*ended)(struct child *child); /* called once it is gone */
};

/* Starts the child and returns at once. Its complaints about the file go to complain, without a
 * context. */
int child_begin(struct child *child, struct loop *loop, const struct trial_options *options,
                settings_complain *complain, void (*ended)(struct child *child),
                struct reason *why) MUST_CHECK;

/* Kills a child that is over its limit: 2 s for the file, 10 s more for the names. Returns when to
 * call again; 0: no limit is running. */
uint64_t child_continue(struct child *child, uint64_t now_ns);

/* After the end: 0 when the file is good. Listeners without a result were not looked up in time. */
int child_result(const struct child *child, struct reason *why) MUST_CHECK;

/* Kills the child, if there is one, and frees what it sent. Never waits, and no zombie stays; a
 * running child must be the last one of this process. */
void child_release(struct child *child);

#endif
