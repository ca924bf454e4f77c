/* SPDX-License-Identifier: ISC */
/* Bytes of the peer, shown harmless when a person looks on. Into a pipe or a file they go as they
 * are. */
#ifndef MEASURE_TERMINAL_H
#define MEASURE_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Bytes of the peer on their way to a stream. */
struct terminal {
    FILE *stream;
    bool escapes; /* the stream is a terminal */
    bool utf8;    /* ... that shows UTF-8 */
    unsigned char held[4];
    unsigned held_length; /* beginning of a UTF-8 sequence cut by the end of a chunk */
};

void terminal_init(struct terminal *terminal, FILE *stream, bool escapes);
/* Writes the bytes: untouched unless escapes was asked for; then newline, tab and printable
 * text (ASCII, and UTF-8 where the locale says so) as they are, all else as \xNN. Buffered as the
 * stream is. */
void terminal_write(struct terminal *terminal, const void *bytes, size_t length);
/* At the end: writes what is held back. Buffered as the stream is. */
void terminal_release(struct terminal *terminal);

#endif
