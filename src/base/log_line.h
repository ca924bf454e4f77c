/* SPDX-License-Identifier: ISC */
/* How a line of the log looks; pure, for log.c and its tests. */
#ifndef BASE_LOG_LINE_H
#define BASE_LOG_LINE_H

#include "base/log.h"

#include <time.h>

#define LOG_LINE_SIZE  2048
#define LOG_VALUE_SIZE 512 /* longer values are cut */
#define LOG_STAMP_SIZE 48

struct log_event {
    enum log_level level;
    const char *name;
    const struct log_field *fields;
    size_t count;
    uint64_t suppressed; /* 0: not mentioned */
};

/* The time at the start of a line: of day, in UTC; or on a terminal the seconds since the start. */
void log_line_stamp(char stamp[LOG_STAMP_SIZE], const struct timespec *now);
void log_line_stamp_since(char stamp[LOG_STAMP_SIZE], uint64_t elapsed_ns);

/* Prints the event and a newline; stamp NULL leaves the time out (syslog has its own). A field for
 * which there is no room is left out, so that the line is whole in any case. Returns the length. */
size_t log_line_format(char line[LOG_LINE_SIZE], enum log_format format, const char *stamp,
                       const struct log_event *event);

#endif
