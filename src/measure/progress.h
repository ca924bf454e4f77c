/* SPDX-License-Identifier: ISC */
/* Long work shows its progress when a person looks on. */
#ifndef MEASURE_PROGRESS_H
#define MEASURE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* One line on a terminal that is rewritten in place: from the first second on, four times a second.
 */
struct progress {
    FILE *stream; /* NULL when it is not a terminal */
    uint64_t next_ns;
    int width; /* columns shown now */
};

void progress_init(struct progress *progress, FILE *stream, uint64_t now_ns);
/* Whether it is time to show a line; never when the stream is not a terminal. */
bool progress_due(const struct progress *progress, uint64_t now_ns);
void progress_show(struct progress *progress, uint64_t now_ns, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Wipes the line, before other output and at the end. */
void progress_clear(struct progress *progress);

#endif
