/* SPDX-License-Identifier: ISC */
/* What every program does with its descriptors before anything else. */
#ifndef BASE_DESCRIPTORS_H
#define BASE_DESCRIPTORS_H

#include "base/reason.h"

/* Opens /dev/null on those of 0, 1 and 2 that are closed: else the first socket would get such a
 * number and the next line of a log would go to a client. Reading the one and writing the other
 * fails with EBADF, as it would have. */
int descriptors_fill_standard(struct reason *why) MUST_CHECK;

/* Raises the soft limit of open descriptors to the hard one; returns the limit that holds then. */
unsigned long descriptors_raise_limit(void);

/* Closes all but the standard three and this one. For a child process. */
void descriptors_close_others(int kept);

#endif
