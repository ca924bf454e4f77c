/* SPDX-License-Identifier: ISC */
/* --check: one line for a monitoring system, with its exit codes. */
#ifndef CLIENT_CHECK_H
#define CLIENT_CHECK_H

#include "client/request.h"

/* The codes of monitoring plugins; they are not those of the other modes. */
enum check_state { CHECK_OK, CHECK_WARNING, CHECK_CRITICAL, CHECK_UNKNOWN };

/* Connects, sends one message, compares its echo, prints the line. With *why set the line is left
 * to check_failed. */
enum check_state check_run(const struct request *request, struct reason *why);

/* The line and the code for a failure, also of usage. A local cause says nothing about the server:
 * UNKNOWN. What cannot be printed is reported on standard error. */
enum check_state check_failed(const struct request *request, const struct reason *why);

#endif
