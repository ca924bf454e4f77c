/* SPDX-License-Identifier: ISC */
/* MESSAGE mode: each message of the command line, one after the other's echo. */
#ifndef CLIENT_MESSAGE_H
#define CLIENT_MESSAGE_H

#include "client/request.h"

/* Prints the echoes on standard output. The exit status; *why stays NONE when all is well. */
enum exit_status message_run(const struct request *request, struct reason *why);

#endif
