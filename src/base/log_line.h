/* SPDX-License-Identifier: ISC */
/* A line of the log: its level, its fields and how it looks. Pure. */
#ifndef BASE_LOG_LINE_H
#define BASE_LOG_LINE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define LOG_LINE_SIZE  2048
#define LOG_VALUE_SIZE 512 /* longer values are cut */
#define LOG_STAMP_SIZE 48

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_NOTICE,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG
};

enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* Names as settings and options write them; NULL-terminated, index = enum value. */
extern const char *const log_level_names[];
extern const char *const log_format_names[];

/* One value of a line. The keys and the event's name are constants of the program: [a-z0-9_-]. */
enum log_kind {
    LOG_KIND_TEXT, /* any bytes: escaped as text_escape does, quoted where a space would mislead */
    LOG_KIND_ESCAPED,  /* the same, but already escaped (endpoint_format, address_format) */
    LOG_KIND_NUMBER,   /* number */
    LOG_KIND_DURATION, /* number is ns: duration=0.123s, in JSON "duration_ns":123000000 */
};
struct log_field {
    const char *key;
    const char *text;
    uint64_t number;
    enum log_kind kind;
};

#define LOG_TEXT(key, value)     ((struct log_field){(key), (value), 0, LOG_KIND_TEXT})
#define LOG_ESCAPED(key, value)  ((struct log_field){(key), (value), 0, LOG_KIND_ESCAPED})
#define LOG_NUMBER(key, value)   ((struct log_field){(key), NULL, (value), LOG_KIND_NUMBER})
#define LOG_DURATION(key, value) ((struct log_field){(key), NULL, (value), LOG_KIND_DURATION})

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
