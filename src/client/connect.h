/* SPDX-License-Identifier: ISC */
/* From an endpoint to a connection: names may have several addresses, servers may not be there yet,
 * backlogs may be full. */
#ifndef CLIENT_CONNECT_H
#define CLIENT_CONNECT_H

#include "client/exchange.h"
#include "client/request.h"
#include "transport/address.h"
#include "transport/transport.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct connect_result {
    int fd; /* non-blocking, the caller's */
    struct address address;
    uint64_t connect_ns; /* from the start of this address's connect(2) to the connection */
    struct exchange_patience first; /* what connect_work's work waits with --wait */
};

/* The addresses of the endpoint; may block in the name service. */
struct connect_targets {
    struct address list[TRANSPORT_ADDRESSES_MAX];
    size_t count;
};

/* The first half of connect_open, until a deadline (0 = none): TIMEOUT when the name service does
 * not answer. */
int connect_resolve(const struct request *request, struct connect_targets *targets,
                    uint64_t deadline_ns, struct reason *why) MUST_CHECK;

/* Resolves and connects: each address in turn, a new one started when the last has failed or has
 * been silent for 250 ms, until one accepts or --connect-timeout is over. With --wait it does so
 * again until that time is over; a --ping's deadline ends it. targets keeps what was resolved, for
 * connect_again. The result's descriptor is the caller's. Words: as transport_connect, TIMEOUT.
 * *why is untouched when it succeeds. */
int connect_open(const struct request *request, struct connect_targets *targets,
                 struct connect_result *result, struct reason *why) MUST_CHECK;

/* One more connection to the same addresses, until a deadline (0 = none); does not wait for a
 * server that refuses. */
int connect_again(const struct request *request, const struct connect_targets *targets,
                  uint64_t deadline_ns, struct connect_result *result,
                  struct reason *why) MUST_CHECK;

/* timeout_ns from now, as the deadline of one connection: not after that of the whole --ping. 0
 * when there is neither. */
uint64_t connect_deadline_ns(const struct request *request, uint64_t timeout_ns);

/* A failure before the first byte of an echo: whether --wait says that it will pass. If so, returns
 * true after a pause. */
bool connect_waits(const struct request *request, const struct reason *why);

/* Closes and says so. Sets -1. */
void connect_close(const struct request *request, int *fd);

/* What connect_work's work returns when nothing has come back and connect_waits. */
#define CONNECT_AGAIN 1

/* The whole life of a mode with one connection: opens it, does the work (0, -1 with *why,
 * CONNECT_AGAIN), closes it. With --wait the first try has 1 s for the first byte of its echo, and
 * each after silence twice as long as the one before. The exit status of all. */
enum exit_status connect_work(const struct request *request,
                              int (*work)(const struct request *, const struct connect_result *,
                                          void *context, struct reason *),
                              void *context, struct reason *why);

#endif
