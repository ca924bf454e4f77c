/* SPDX-License-Identifier: ISC */
/* What is done differently when a person looks on: bytes of the peer are shown harmless, and long
 * work shows its progress. Into a pipe or a file goes neither. */
#ifndef MEASURE_TERMINAL_H
#define MEASURE_TERMINAL_H

#include "base/reason.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Bytes of the peer on their way to a stream. */
struct terminal {
    FILE *stream;
    int escapes; /* the stream is a terminal */
    int utf8;    /* ... that shows UTF-8 */
    unsigned char held[4];
    unsigned held_length; /* beginning of a UTF-8 sequence cut by the end of a chunk */
};

void terminal_init(struct terminal *terminal, FILE *stream, int escapes);
/* Writes the bytes: untouched unless escapes was asked for; then newline, tab and printable
 * text (ASCII, and UTF-8 where the locale says so) as they are, all else as \xNN. Buffered as the
 * stream is. */
void terminal_write(struct terminal *terminal, const void *bytes, size_t length);
/* At the end: writes what is held back. Buffered as the stream is. */
void terminal_release(struct terminal *terminal);

/* One line on a terminal that is rewritten in place: from the first second on, four times a second.
 */
struct progress {
    FILE *stream; /* NULL when it is not a terminal */
    uint64_t next_ns;
    int width; /* columns shown now */
};

void progress_init(struct progress *progress, FILE *stream, uint64_t now_ns);
/* Whether it is time to show a line; never when the stream is not a terminal. */
int progress_due(const struct progress *progress, uint64_t now_ns);
void progress_show(struct progress *progress, uint64_t now_ns, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Wipes the line, before other output and at the end. */
void progress_clear(struct progress *progress);

#endif
