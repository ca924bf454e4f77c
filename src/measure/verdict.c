/* SPDX-License-Identifier: ISC */
#include "measure/verdict.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>

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
