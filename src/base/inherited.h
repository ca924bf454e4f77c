/* SPDX-License-Identifier: ISC */
/* Signals as the parent process left them. One rule for all programs: what it ignores stays
 * ignored, as nohup(1) and shells with background jobs want it, and nothing stays blocked. */
#ifndef BASE_INHERITED_H
#define BASE_INHERITED_H

#include <stdbool.h>

/* Whether the signal is ignored; false for a number that is no signal. */
bool inherited_ignores(int number);

/* Unblocks all signals in this thread. To be called before others are started. */
void inherited_unblock(void);

#endif
