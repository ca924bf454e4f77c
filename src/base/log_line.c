/* SPDX-License-Identifier: ISC */
#include "base/log_line.h"

#include "base/clock.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const char *const log_level_names[] = {"error", "warning", "notice", "info", "debug", NULL};
const char *const log_format_names[] = {"text", "json", NULL};

/* A line that grows; what does not fit is taken back as a whole. */
struct line {
    char *text;
    size_t used;
    bool full;
};

/* Kept free for the end of any line: "}\n" and the terminator. */
#define LINE_ROOM (LOG_LINE_SIZE - 3)

static void put(struct line *line, const char *text, size_t length)
{
    if (length > LINE_ROOM - line->used) {
        line->full = true;
        return;
    }
    memcpy(line->text + line->used, text, length);
    line->used += length;
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

/* Without quotes a value with one of these could be read as more than one, or as none. */
static bool needs_quotes(const char *value)
{
    return !*value || strpbrk(value, " =\"");
}

/* The backslashes of a value belong to it; in a JSON string each is written twice. */
static void put_value(struct line *line, enum log_format format, const char *value)
{
    bool quotes = format == LOG_FORMAT_JSON || needs_quotes(value);

    if (quotes)
        put_text(line, "\"");
    for (; *value; value++) {
        if (*value == '"' || (*value == '\\' && format == LOG_FORMAT_JSON))
            put_text(line, "\\");
        put(line, value, 1);
    }
    if (quotes)
        put_text(line, "\"");
}

/* Already escaped text, in which a backslash stays one; anything unprintable is escaped here. */
static void escape_rest(char *copy, size_t size, const char *text)
{
    size_t used = 0;

    for (; *text && used + 4 < size; text++) {
        if (*text == '\\')
            copy[used++] = '\\';
        else
            used += text_escape(copy + used, size - used, text, 1);
    }
    copy[used] = '\0';
}

static void put_field(struct line *line, enum log_format format, const struct log_field *field)
{
    char value[LOG_VALUE_SIZE];
    size_t start = line->used;
    bool json = format == LOG_FORMAT_JSON;
    bool text = field->kind == LOG_KIND_TEXT || field->kind == LOG_KIND_ESCAPED;

    if (text && !field->text)
        return;
    put_text(line, json ? ",\"" : " ");
    put_text(line, field->key);
    if (json && field->kind == LOG_KIND_DURATION)
        put_text(line, "_ns");
    put_text(line, json ? "\":" : "=");
    if (field->kind == LOG_KIND_TEXT)
        text_escape(value, sizeof value, field->text, strlen(field->text));
    else if (field->kind == LOG_KIND_ESCAPED)
        escape_rest(value, sizeof value, field->text);
    else if (field->kind == LOG_KIND_DURATION && !json)
        snprintf(value, sizeof value, "%" PRIu64 ".%03" PRIu64 "s", field->number / NS_PER_S,
                 field->number % NS_PER_S / NS_PER_MS);
    else
        snprintf(value, sizeof value, "%" PRIu64, field->number);
    if (text)
        put_value(line, format, value);
    else
        put_text(line, value);
    if (line->full) {
        line->used = start;
        line->full = false;
    }
}

void log_line_stamp(char stamp[LOG_STAMP_SIZE], const struct timespec *now)
{
    struct tm parts;
    size_t length;

    gmtime_r(&now->tv_sec, &parts);
    length = strftime(stamp, LOG_STAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(stamp + length, LOG_STAMP_SIZE - length, ".%03ldZ", now->tv_nsec / (long)NS_PER_MS);
}

void log_line_stamp_since(char stamp[LOG_STAMP_SIZE], uint64_t elapsed_ns)
{
    snprintf(stamp, LOG_STAMP_SIZE, "%3" PRIu64 ".%03" PRIu64, elapsed_ns / NS_PER_S,
             elapsed_ns % NS_PER_S / NS_PER_MS);
}

size_t log_line_format(char text[LOG_LINE_SIZE], enum log_format format, const char *stamp,
                       const struct log_event *event)
{
    struct line line = {.text = text};
    bool json = format == LOG_FORMAT_JSON;

    put_text(&line, json ? "{" : "");
    if (stamp) {
        put_text(&line, json ? "\"time\":\"" : "");
        put_text(&line, stamp);
        put_text(&line, json ? "\"," : " ");
    }
    put_text(&line, json ? "\"level\":\"" : "");
    put_text(&line, log_level_names[event->level]);
    put_text(&line, json ? "\",\"event\":\"" : " ");
    put_text(&line, event->name);
    put_text(&line, json ? "\"" : "");
    if (event->suppressed)
        put_field(&line, format, &LOG_NUMBER("suppressed", event->suppressed));
    for (size_t i = 0; i < event->count; i++)
        put_field(&line, format, &event->fields[i]);
    memcpy(line.text + line.used, json ? "}\n" : "\n", json ? 3 : 2);
    return line.used + (json ? 2 : 1);
}
