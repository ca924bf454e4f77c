/* SPDX-License-Identifier: ISC */
/*
 * The server's log: one line per event, key=value or a flat JSON object, printable ASCII, never any
 * payload. Logging never blocks the caller and never floods: lines go into a bounded ring that a
 * thread of its own empties. A class over its rate (log_limit.h) is suppressed and says so:
 * suppressed=N in its next line, or in a line of its own when the flood has ended. Lines that found
 * the ring full or could not be written are counted and reported (log-dropped lines=N) as soon as
 * writing works again. Thread-safe; not to be used in the child of a fork(2).
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/log_line.h"
#include "base/reason.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_target { LOG_TARGET_STDERR, LOG_TARGET_SYSLOG };

/* As settings and options write them; NULL-terminated, index = enum value. */
extern const char *const log_target_names[];
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

/* Starts the writing thread, with all signals blocked in it. Before it, and after log_stop, lines
 * are written by the caller to standard error, and a dead reader raises SIGPIPE. OTHER when there
 * is no thread to be had. Lines for syslog while there is no /dev/log are lost and counted. program
 * must live on. Where standard error is a terminal, lines of text have the seconds since this call,
 * else the time of day. */
int log_start(const struct log_options *options, struct reason *why) MUST_CHECK;
/* Changes the level of a running log. */
void log_set_level(enum log_level level);
/* Waits until what was logged so far is written, but no longer than patience_ns in all. */
void log_flush(uint64_t patience_ns);
/* A line for the person at the terminal, with its newline: to standard error as it stands, whatever
 * the target is, in turn with the log's lines. Never blocks while the log runs. */
void log_for_person(const char *line);
/* Writes what is left and ends the thread, but waits no longer than patience_ns without progress,
 * or a moment for a terminal that takes nothing: then the rest is lost, and so is every later line.
 */
void log_stop(uint64_t patience_ns);

/* Whether a line of this level would be written: one load and one comparison. */
extern _Atomic enum log_level log_threshold;
static inline bool log_enabled(enum log_level level)
{
    return level <= atomic_load_explicit(&log_threshold, memory_order_relaxed);
}

/* One event; its name ("accepted", "closed") is also the class that the rate limit counts by.
 *     LOG(LOG_LEVEL_INFO, "closed", LOG_NUMBER("id", id), LOG_ESCAPED("peer", text));
 * Fields of which the text is NULL are left out. Nothing is evaluated below the level. */
#define LOG(level, event, ...)                                                                     \
    do {                                                                                           \
        if (log_enabled(level)) {                                                                  \
            const struct log_field log_fields_[] = {__VA_ARGS__};                                  \
            log_event((level), (event), log_fields_, sizeof log_fields_ / sizeof log_fields_[0]);  \
        }                                                                                          \
    } while (0)

/* The function under LOG: writes whatever the level is. */
void log_event(enum log_level level, const char *event, const struct log_field *fields,
               size_t count);

/* A line that the administrator asked for, at level notice: written whatever the level of the log
 * and the rate of its class are. */
void log_answer(const char *event, const struct log_field *fields, size_t count);

#endif
