/* SPDX-License-Identifier: ISC */
/* The settings file read again in a process of its own: a crash harms nobody there, and nobody
 * waits while names are looked up. */
#ifndef SETTINGS_CHILD_H
#define SETTINGS_CHILD_H

#include "base/loop.h"
#include "server/settings/names.h"
#include "server/settings/settings.h"

#include <stdbool.h>
#include <sys/types.h>

/* What was found for one listener of the file. */
struct trial_listener {
    size_t index;      /* in the settings */
    bool kept;         /* open already: not looked up */
    struct reason why; /* the failure, when there are no addresses */
    struct names names;
};

struct trial_record;

struct trial {
    struct loop_source source;
    struct loop *loop;
    pid_t child; /* 0: none */
    uint64_t deadline_ns;
    bool loaded; /* the file is good, its names are being looked up */
    bool late;   /* the child was killed at its limit */
    char *text;  /* of the file, as the child has read it; NULL: there is none */
    size_t length;
    bool torn; /* no memory for all of the text */
    struct trial_record *record;
    struct trial_listener *listeners;
    size_t count;
    void (*ended)(struct trial *trial); /* called once the child is gone */
};

/* Whether the names of a listener are known because it is open already; called in the child. */
typedef bool trial_keeps(const void *context, const struct settings_listener *settings);

struct trial_options {
    settings_reread *reread;
    settings_load *load;
    void *settings_context; /* of both */
    trial_keeps *keeps;
    const void *keeps_context;
};

/* Starts the child and returns at once. Its complaints about the file go to the log. */
int trial_begin(struct trial *trial, struct loop *loop, const struct trial_options *options,
                void (*ended)(struct trial *trial), struct reason *why) MUST_CHECK;

/* Kills a child that is over its limit: 2 s for the file, 10 s more for the names. Returns when to
 * call again; 0: no limit is running. */
uint64_t trial_continue(struct trial *trial, uint64_t now_ns);

/* After the end: 0 when the file is good. Listeners without a result were not looked up in time. */
int trial_result(const struct trial *trial, struct reason *why) MUST_CHECK;

/* What was found for the listener with this index; NULL: nothing in time. */
const struct trial_listener *trial_find(const struct trial *trial, size_t index);

/* Kills the child, if there is one, and frees what it sent. Never waits, and no zombie stays; a
 * running child must be the last one of this process. */
void trial_release(struct trial *trial);

#endif
