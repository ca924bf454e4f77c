/* SPDX-License-Identifier: ISC */
/* How many lines the log takes: each event has a token bucket of its own. Pure; the owner locks it.
 */
#ifndef BASE_LOG_LIMIT_H
#define BASE_LOG_LIMIT_H

#include "base/log_line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_RATE        20
#define LOG_BURST       100

#define LOG_CLASSES_MAX 64 /* more share the last one */

/* The lines of one event. */
struct log_class {
    const char *name;
    enum log_level level;
    uint64_t tokens_ns; /* time saved up; a line costs NS_PER_S / LOG_RATE */
    uint64_t filled_ns;
    uint64_t seen_ns;
    uint64_t suppressed;
};

/* All zero at first. */
struct log_limit {
    struct log_class classes[LOG_CLASSES_MAX];
    size_t count;
};

/* Whether one more line of the event may be written now. event->suppressed becomes the number of
 * lines suppressed before it, or, when this one is too, with it. */
bool log_limit_admit(struct log_limit *limit, struct log_event *event, uint64_t now_ns);

/* The next event of which lines were suppressed and none has come for quiet_ns: true, and *event
 * says how many. */
bool log_limit_take(struct log_limit *limit, uint64_t quiet_ns, uint64_t now_ns,
                    struct log_event *event);

/* Whether lines were suppressed that no event has reported yet. */
bool log_limit_is_waiting(const struct log_limit *limit);

#endif
