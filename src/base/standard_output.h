/* SPDX-License-Identifier: ISC */
/* Standard output that loses nothing: stdio gives up, and drops what it holds, when the descriptor
 * is non-blocking and full; another process that shares the pipe or terminal may have made it so.
 */
#ifndef BASE_STANDARD_OUTPUT_H
#define BASE_STANDARD_OUTPUT_H

#include "base/reason.h"

#include <stdio.h>

/* A stream over descriptor 1, buffered until standard_output_flush; its writes wait for room. Use
 * it instead of stdout, not beside it. Never NULL: without memory for a stream it is stdout. */
FILE *standard_output(void);

/* Writes what the stream holds; may block as long as the reader does not read. 0, or the negative
 * errno of the first write that failed since the start: what was lost stays lost. */
int standard_output_flush(void) MUST_CHECK;

#endif
