/* SPDX-License-Identifier: ISC */
/* The service from its start to its end, on the main thread: signals, drain, reload. */
#ifndef SERVER_LIFECYCLE_H
#define SERVER_LIFECYCLE_H

#include "base/reason.h"
#include "server/reload.h"
#include "server/settings/settings.h"

struct lifecycle_options {
    struct trial_source source;
    int parent_fd; /* readable when the process ended with which we end (parent.h); -1: none */
    int ready_fd;  /* gets the "listening" lines and "ready" as well, then is closed; -1: none */
};

/* Serves until a signal ends it. Returns the exit status; on failure to start EXIT_LOCAL and *why.
 * The settings are taken over. It expects that signals have their default effect and that the
 * parent is guarded (parent_guard); both end before the first socket is bound, for good. */
int lifecycle_run(struct settings *settings, const struct lifecycle_options *options,
                  struct reason *why);

#endif
