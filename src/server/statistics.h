/* SPDX-License-Identifier: ISC */
/* SIGUSR1: one record for each listener and a total, into the log. */
#ifndef SERVER_STATISTICS_H
#define SERVER_STATISTICS_H

#include "server/server.h"

/* Parks the workers for the time of adding up. */
void statistics_log(struct server *server);

void statistics_add(struct counters *sum, const struct counters *part);

#endif
