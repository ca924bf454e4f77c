/* SPDX-License-Identifier: ISC */
/* --ping: paced round trips over one connection, or over a new one each. */
#ifndef CLIENT_PING_H
#define CLIENT_PING_H

#include "client/request.h"

/* Until the count, the deadline or INT. The exit status; *why stays NONE once the first connection
 * stands, unless standard output fails: what goes wrong later is told ping by ping. */
enum exit_status ping_run(const struct request *request, struct reason *why);

#endif
