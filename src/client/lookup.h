/* SPDX-License-Identifier: ISC */
/* The name service, which may take its time, with a limit. */
#ifndef CLIENT_LOOKUP_H
#define CLIENT_LOOKUP_H

#include "base/reason.h"
#include "transport/address.h"
#include "transport/endpoint.h"

#include <stddef.h>
#include <stdint.h>

/* As transport_resolve for a client, until a deadline (CLOCK_MONOTONIC, 0 = none) or an interrupt:
 * TIMEOUT, OTHER. A call of the name service that is given up goes on in a thread of its own. */
int lookup_addresses(const struct endpoint *endpoint, struct address *list, size_t capacity,
                     uint64_t deadline_ns, struct reason *why) MUST_CHECK;

#endif
