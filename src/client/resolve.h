/* SPDX-License-Identifier: ISC */
/* --resolve: what an endpoint resolves to, by the names of the constants. */
#ifndef CLIENT_RESOLVE_H
#define CLIENT_RESOLVE_H

#include "client/request.h"

/* Prints the addresses, and for a Unix endpoint what is there and whether somebody answers. The
 * exit status; *why stays NONE when the endpoint resolves. */
enum exit_status resolve_run(const struct request *request, struct reason *why);

#endif
