/* SPDX-License-Identifier: ISC */
/* Unix-domain stream sockets: unix(7). */
#ifndef TRANSPORT_TRANSPORT_UNIX_H
#define TRANSPORT_TRANSPORT_UNIX_H

#include "transport/transport_row.h"

extern const struct transport transport_unix;

/* transport_check of an address that is a path. */
int transport_unix_check(const struct address *address, const struct listen_options *options,
                         struct reason *why) MUST_CHECK;

#endif
