/* SPDX-License-Identifier: ISC */
/* SIGUSR1: one record for each listener and a total, into the log. */
#ifndef SERVER_STATISTICS_H
#define SERVER_STATISTICS_H

struct server;

/* Parks the workers for the time of adding up. */
void statistics_log(struct server *server);

#endif
