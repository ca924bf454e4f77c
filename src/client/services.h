/* SPDX-License-Identifier: ISC */
/* --services: names and ports, both ways (services(5)). */
#ifndef CLIENT_SERVICES_H
#define CLIENT_SERVICES_H

#include "client/request.h"

/* Prints PORT PROTOCOL NAME ALIASES for every operand: LOW-HIGH, PORT or NAME; without one for
 * 0-1023. USAGE for a bad range, SERVICE for a name or a single port that is in no database. */
enum exit_status services_run(const struct request *request, struct reason *why);

#endif
