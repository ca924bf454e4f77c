/* SPDX-License-Identifier: ISC */
#include "base/log_ring.h"

#include <string.h>

static void copy_in(struct log_ring *ring, const void *bytes, size_t length)
{
    size_t place = ring->head % LOG_RING_SIZE;
    size_t first = length < LOG_RING_SIZE - place ? length : LOG_RING_SIZE - place;

    memcpy(ring->bytes + place, bytes, first);
    memcpy(ring->bytes, (const unsigned char *)bytes + first, length - first);
    ring->head += length;
}

static void copy_out(struct log_ring *ring, void *bytes, size_t length)
{
    size_t place = ring->tail % LOG_RING_SIZE;
    size_t first = length < LOG_RING_SIZE - place ? length : LOG_RING_SIZE - place;

    memcpy(bytes, ring->bytes + place, first);
    memcpy((unsigned char *)bytes + first, ring->bytes, length - first);
    ring->tail += length;
}

size_t log_ring_used(const struct log_ring *ring)
{
    return (size_t)(ring->head - ring->tail);
}

bool log_ring_push(struct log_ring *ring, const struct log_record *record, const char *line)
{
    if (sizeof *record + record->length > LOG_RING_SIZE - log_ring_used(ring))
        return false;
    copy_in(ring, record, sizeof *record);
    copy_in(ring, line, record->length);
    return true;
}

bool log_ring_pop(struct log_ring *ring, struct log_record *record, char line[LOG_LINE_SIZE])
{
    if (log_ring_used(ring) == 0)
        return false;
    copy_out(ring, record, sizeof *record);
    copy_out(ring, line, record->length);
    return true;
}
