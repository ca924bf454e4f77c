/* SPDX-License-Identifier: ISC */
#include "measure/compare.h"

#include <assert.h>
#include <string.h>

void compare_init_pattern(struct compare *compare, const struct pattern *pattern)
{
    *compare = (struct compare){.pattern = pattern};
}

void compare_init_window(struct compare *compare, void *window, size_t size)
{
    assert(size > 0);
    *compare = (struct compare){.window = window, .size = size};
}

size_t compare_room(const struct compare *compare)
{
    return compare->pattern ? SIZE_MAX : compare->size - (size_t)compare_owed(compare);
}

void compare_sent(struct compare *compare, const void *bytes, size_t length)
{
    assert(length <= compare_room(compare));
    if (!compare->pattern) {
        size_t at = (size_t)(compare->sent % compare->size);
        size_t first = compare->size - at < length ? compare->size - at : length;

        memcpy(compare->window + at, bytes, first);
        memcpy(compare->window, (const unsigned char *)bytes + first, length - first);
    }
    compare->sent += length;
}

/* The sent bytes from offset on; they must still be owed. */
static void sent_bytes(const struct compare *compare, uint64_t offset, void *bytes, size_t length)
{
    if (compare->pattern) {
        pattern_fill(compare->pattern, offset, bytes, length);
        return;
    }
    for (size_t i = 0; i < length; i++)
        ((unsigned char *)bytes)[i] = compare->window[(offset + i) % compare->size];
}

/* How many bytes equal those sent at the next offset; at most as many as are owed. */
static size_t equal_bytes(const struct compare *compare, const unsigned char *bytes, size_t length)
{
    size_t done = 0;

    if (compare->pattern)
        return pattern_equal(compare->pattern, compare->received, bytes, length);
    while (done < length) {
        size_t at = (size_t)((compare->received + done) % compare->size);
        size_t step = compare->size - at < length - done ? compare->size - at : length - done;

        if (memcmp(compare->window + at, bytes + done, step) != 0) {
            while (compare->window[at] == bytes[done])
                at++, done++;
            return done;
        }
        done += step;
    }
    return length;
}

/* Keeps the last equal bytes: in a window their place may be taken by the next ones sent. */
static void keep_recent(struct compare *compare, const unsigned char *bytes, size_t length)
{
    size_t take = length < VERDICT_BEFORE ? length : VERDICT_BEFORE;
    size_t old = compare->recent_length;

    if (old + take > VERDICT_BEFORE)
        old = VERDICT_BEFORE - take;
    memmove(compare->recent, compare->recent + compare->recent_length - old, old);
    memcpy(compare->recent + old, bytes + length - take, take);
    compare->recent_length = (unsigned)(old + take);
}

/* bytes are the first that are wrong. */
static void set_difference(struct compare *compare, enum reason_word word,
                           const unsigned char *bytes, size_t length)
{
    struct verdict *verdict = &compare->verdict;
    uint64_t owed = compare_owed(compare);
    size_t sent = owed < VERDICT_AFTER ? (size_t)owed : VERDICT_AFTER;
    size_t got = length < VERDICT_AFTER ? length : VERDICT_AFTER;

    verdict->word = word;
    verdict->offset = compare->received;
    verdict->total = compare->sent;
    verdict->extra = word == REASON_EXTRA ? length : 0;
    verdict->before = compare->recent_length;
    memcpy(verdict->sent, compare->recent, compare->recent_length);
    memcpy(verdict->got, compare->recent, compare->recent_length);
    sent_bytes(compare, compare->received, verdict->sent + verdict->before, sent);
    memcpy(verdict->got + verdict->before, bytes, got);
    verdict->sent_length = verdict->before + (unsigned)sent;
    verdict->got_length = verdict->before + (unsigned)got;
}

int compare_received(struct compare *compare, const void *bytes, size_t length)
{
    const unsigned char *cursor = bytes;
    uint64_t owed = compare_owed(compare);
    size_t due = owed < length ? (size_t)owed : length;
    size_t equal;

    if (compare->verdict.word == REASON_EXTRA)
        compare->verdict.extra += length;
    if (compare->verdict.word != REASON_NONE)
        return -1;
    equal = equal_bytes(compare, cursor, due);
    if (equal)
        keep_recent(compare, cursor, equal);
    compare->received += equal;
    if (equal < due)
        set_difference(compare, REASON_CORRUPT, cursor + equal, length - equal);
    else if (due < length)
        set_difference(compare, REASON_EXTRA, cursor + due, length - due);
    return compare->verdict.word == REASON_NONE ? 0 : -1;
}

const struct verdict *compare_end(struct compare *compare, enum reason_word how, uint64_t total,
                                  uint64_t waited_ns)
{
    struct verdict *verdict = &compare->verdict;

    verdict->total = total;
    if (verdict->word != REASON_NONE)
        return verdict;
    verdict->offset = compare->received;
    verdict->waited_ns = waited_ns;
    if (how != REASON_NONE)
        verdict->word = how;
    else if (compare->received < total)
        verdict->word = compare->received ? REASON_TRUNCATED : REASON_EOF;
    return verdict;
}
