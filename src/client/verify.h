/* SPDX-License-Identifier: ISC */
/* --verify: a generated stream of any size, both ways at once, in constant memory. */
#ifndef CLIENT_VERIFY_H
#define CLIENT_VERIFY_H

#include "client/request.h"

/* Prints the line of a success. The exit status; *why stays NONE when all is well, else it holds
 * the verdict and the seed. */
enum exit_status verify_run(const struct request *request, struct reason *why);

#endif
