/* SPDX-License-Identifier: ISC */
/* Lines of the log that wait to be written: a bounded queue. The owner locks it. */
#ifndef BASE_LOG_RING_H
#define BASE_LOG_RING_H

#include "base/log_line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_RING_SIZE (128 * 1024) /* a burst of every event fits */

/* Positions only grow; the place in the ring is the position modulo its size. */
struct log_ring {
    uint64_t head, tail;
    unsigned char bytes[LOG_RING_SIZE];
};

struct log_record {
    uint64_t lines; /* lost with it: itself and those whose suppression or loss it tells */
    unsigned short length;
    unsigned char level;
};

/* Adds a line of record->length bytes; false when there is no room. */
bool log_ring_push(struct log_ring *ring, const struct log_record *record, const char *line);
/* Takes the oldest line; false when there is none. */
bool log_ring_pop(struct log_ring *ring, struct log_record *record, char line[LOG_LINE_SIZE]);
/* The bytes in use. */
size_t log_ring_used(const struct log_ring *ring);

#endif
