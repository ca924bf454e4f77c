/* SPDX-License-Identifier: ISC */
/* --wait for the modes that cannot begin again: a first echo on a connection of its own. */
#ifndef CLIENT_HELLO_H
#define CLIENT_HELLO_H

#include "client/request.h"

/* With --wait: connects and exchanges one byte until its echo has come. The exit status; *why stays
 * NONE when all is well, and without --wait. */
enum exit_status hello_run(const struct request *request, struct reason *why) MUST_CHECK;

#endif
