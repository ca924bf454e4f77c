/* SPDX-License-Identifier: ISC */
/*
 * The server's log: one line per event, key=value, printable ASCII, never any payload.
 * Writing never blocks the caller and never floods: lines go into a bounded ring that a thread of
 * its own empties; a full ring and a class over its rate drop lines, count them and say so
 * (suppressed=N) once there is room again. Thread-safe.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/reason.h"

#include <stdbool.h>
#include <stdint.h>

enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_NOTICE,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG
};
enum log_target { LOG_TARGET_STDERR, LOG_TARGET_SYSLOG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* Names as settings and options write them; NULL-terminated, index = enum value. */
extern const char *const log_level_names[];
extern const char *const log_target_names[];
extern const char *const log_format_names[];
/* syslog facilities by name ("daemon", "local0"); value as in syslog(3), -1 when unknown. */
int log_facility(const char *name);
const char *log_facility_name(int facility);
extern const char *const log_facility_names[];

struct log_options {
    enum log_level level;
    enum log_target target;
    enum log_format format;
    int facility;
    const char *program;
};

/* Starts the writing thread. Before it, and after log_stop, lines are written by the caller. */
int log_start(const struct log_options *options, struct reason *why) MUST_CHECK;
/* Changes the level of a running log. */
void log_set_level(enum log_level level);
/* Waits until all lines are written, but no longer than patience_ns without progress. */
void log_stop(uint64_t patience_ns);

/* Whether a line of this level would be written: one load and one comparison. */
extern enum log_level log_threshold;
static inline bool log_enabled(enum log_level level)
{
    return level <= __atomic_load_n(&log_threshold, __ATOMIC_RELAXED);
}

/* One event. class names the message for people and for the rate limit ("accepted", "closed");
 * format gives "key=value key=value"; values from outside go through log_value first. */
void log_event(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
