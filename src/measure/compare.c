/* SPDX-License-Identifier: ISC */
#include "measure/compare.h"

#include "base/clock.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
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

const char *verdict_format(const struct verdict *verdict, char *text, size_t size)
{
    uint64_t waited_ms = verdict->waited_ns / NS_PER_MS;
    const char *name = reason_name(verdict->word);

    switch (verdict->word) {
    case REASON_NONE:
        snprintf(text, size, "OK");
        break;
    case REASON_CORRUPT:
        snprintf(text, size, "CORRUPT at offset %" PRIu64 ": sent %02x, got %02x", verdict->offset,
                 verdict->sent[verdict->before], verdict->got[verdict->before]);
        break;
    case REASON_EXTRA:
        snprintf(text, size, "EXTRA %" PRIu64 " byte%s", verdict->extra,
                 verdict->extra == 1 ? "" : "s");
        break;
    case REASON_EOF:
    case REASON_TRUNCATED:
        snprintf(text, size, "%s at %" PRIu64 " of %" PRIu64, name, verdict->offset,
                 verdict->total);
        break;
    case REASON_STALLED:
        snprintf(text, size, "STALLED %.9g s at %" PRIu64, (double)waited_ms / 1e3,
                 verdict->offset);
        break;
    default: /* RESET, and any other end that the caller names */
        snprintf(text, size, "%s at %" PRIu64, name, verdict->offset);
        break;
    }
    return text;
}

/* "41 42 [43] 44 "CD"": the first differing byte in brackets, "[]" where the stream has none; the
 * text from it on, as a hex dump shows it. */
static void format_context(char *text, size_t size, const unsigned char *bytes, unsigned before,
                           unsigned length)
{
    char shown[VERDICT_AFTER + 1];
    unsigned count = 0;
    int used = 0;

    for (unsigned i = 0; i < length; i++)
        used += snprintf(text + used, size - (size_t)used, i == before ? "%s[%02x]" : "%s%02x",
                         i ? " " : "", bytes[i]);
    for (unsigned i = before; i < length && count < VERDICT_AFTER; i++)
        shown[count++] = bytes[i] >= 0x20 && bytes[i] <= 0x7e ? (char)bytes[i] : '.';
    shown[count] = '\0';
    if (count)
        snprintf(text + used, size - (size_t)used, " \"%s\"", shown);
    else
        snprintf(text + used, size - (size_t)used, "%s[]", length ? " " : "");
}

const char *verdict_detail(const struct verdict *verdict, char *text, size_t size)
{
    char sent[VERDICT_DETAIL_SIZE / 2], got[VERDICT_DETAIL_SIZE / 2];

    text[0] = '\0';
    if (verdict->word != REASON_CORRUPT && verdict->word != REASON_EXTRA)
        return text;
    format_context(sent, sizeof sent, verdict->sent, verdict->before, verdict->sent_length);
    format_context(got, sizeof got, verdict->got, verdict->before, verdict->got_length);
    snprintf(text, size, "sent %s, got %s", sent, got);
    return text;
}
