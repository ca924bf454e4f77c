/* SPDX-License-Identifier: ISC */
/* Standard input to the server, its echo to standard output, both at once. */
#ifndef CLIENT_COPY_H
#define CLIENT_COPY_H

#include "client/request.h"

/* Until the peer's end, after our half-close at the end of input. The exit status; *why stays NONE
 * when all is well. */
enum exit_status copy_run(const struct request *request, struct reason *why);

#endif
