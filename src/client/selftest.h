/* SPDX-License-Identifier: ISC */
/* --selftest: a battery of named exchanges against a server. */
#ifndef CLIENT_SELFTEST_H
#define CLIENT_SELFTEST_H

#include "client/connect.h"
#include "client/request.h"
#include "measure/progress.h"

/* What every exchange of the battery gets. */
struct selftest {
    const struct request *request;
    struct connect_targets targets;
    struct progress progress;
};

struct selftest_case {
    const char *name;
    /* 0, or -1 with what is wrong with the server. *connected tells whether it was reached. */
    int (*run)(struct selftest *selftest, bool *connected, struct reason *why);
};

/* The battery; ends with a NULL name. */
extern const struct selftest_case selftest_cases[];

/* One line for each, and a count. The exit status, the worst of all; *why stays NONE unless the
 * server cannot be reached at all or standard output fails. */
enum exit_status selftest_run(const struct request *request, struct reason *why);

#endif
