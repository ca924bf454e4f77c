/* SPDX-License-Identifier: ISC */
/* The process that started us, for a server that shall not outlive it. */
#ifndef PROCESS_PARENT_H
#define PROCESS_PARENT_H

#include "base/reason.h"

/* A descriptor that is readable once our parent has ended (pidfd_open(2), Linux 5.3), or -1. Call
 * it early: of a parent that ended before, another process has taken the place, and is watched
 * instead.
 */
int parent_open(struct reason *why) MUST_CHECK;

/* From now on this process ends, by TERM with its default effect, once that descriptor is readable,
 * whatever it is waiting for: for the time in which no loop watches it. Fine when it is guarded
 * already, and with a negative one. */
int parent_guard(int fd, struct reason *why) MUST_CHECK;

/* Ends that; fine without a guard. */
void parent_unguard(void);

/* At the end of the process: closes the descriptor that is or was guarded as well. */
void parent_release(void);

#endif
