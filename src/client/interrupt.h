/* SPDX-License-Identifier: ISC */
/* Waiting, and the signals that may end a wait. */
#ifndef CLIENT_INTERRUPT_H
#define CLIENT_INTERRUPT_H

#include "base/reason.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define INTERRUPT_FDS_MAX 64

/* From now on INT and TERM do not end the program: they are remembered and end a wait. A second one
 * ends the program, in whatever it waits. A signal that the parent has chosen to ignore stays
 * ignored. NOFILE or OTHER. */
int interrupt_catch(struct reason *why) MUST_CHECK;

/* The same for QUIT, every time; after interrupt_catch. */
void interrupt_catch_quit(void);

/* INT or TERM has come. */
bool interrupt_asked(void);

/* QUIT has come since the last call. */
bool interrupt_take_quit(void);

/* poll(2) until a deadline (CLOCK_MONOTONIC, 0 = none), to the nanosecond. Returns the number of
 * ready descriptors (of INTERRUPT_FDS_MAX at most), 0 at the deadline and after a signal, also one
 * that came before the call and after the last one. */
int interrupt_poll(struct pollfd *fds, unsigned count, uint64_t deadline_ns);

#endif
