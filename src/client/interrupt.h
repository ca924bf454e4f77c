/* SPDX-License-Identifier: ISC */
/* Waiting, and the signals that may end a wait. */
#ifndef CLIENT_INTERRUPT_H
#define CLIENT_INTERRUPT_H

#include "base/reason.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* From now on INT, TERM and QUIT do not end the program: they are remembered and end a wait. They
 * are blocked outside interrupt_poll, so none slips in between a look and the wait. A second INT or
 * TERM ends the program. */
void interrupt_catch(void);

/* INT or TERM has come. */
bool interrupt_asked(void);

/* QUIT has come since the last call. */
bool interrupt_take_quit(void);

/* poll(2) until a deadline (CLOCK_MONOTONIC, 0 = none), to the nanosecond. Returns the number of
 * ready descriptors, 0 at the deadline and after a signal. */
int interrupt_poll(struct pollfd *fds, unsigned count, uint64_t deadline_ns);

#endif
