/* SPDX-License-Identifier: ISC */
#include "server/settings/scan.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* libconfig looks for a duplicate by walking the group: 10 000 names in one group cost a second. */
#define WORDS_MAX   10000
#define DEPTH_MAX   16

/* What came last: a piece of punctuation stands for itself. */
#define LAST_NAME   'a'
#define LAST_NUMBER '0'
#define LAST_STRING '"'

struct scan {
    const char *at;
    char *out;
    unsigned line, words, depth;
    char open[DEPTH_MAX]; /* the brackets that we are in */
    char last;
    struct reason *why;
};

/* Whether a value must come next, in a text that is right so far. */
static bool value_is_due(const struct scan *scan)
{
    char innermost = scan->depth > 0 ? scan->open[scan->depth - 1] : '{';

    if (scan->last == ',')
        return innermost != '{';
    return scan->last && strchr("=:([", scan->last);
}

/* libconfig 1.5 leaks the string that is a syntax error, so it must not see one. */
static int refuse_value(struct scan *scan)
{
    return reason_set(scan->why, REASON_USAGE, 0,
                      "a value where a name must stand (is a = or a comma missing?)");
}

static int refuse_byte(struct scan *scan, const char *where)
{
    return reason_set(scan->why, REASON_USAGE, 0, "byte \\x%02x %s", (unsigned char)*scan->at,
                      where);
}

static int count_word(struct scan *scan)
{
    if (++scan->words > WORDS_MAX)
        return reason_set(scan->why, REASON_USAGE, 0,
                          "more than %d names and values: no settings file needs that", WORDS_MAX);
    return 0;
}

static int skip_comment(struct scan *scan)
{
    unsigned begin = scan->line;

    if (scan->at[0] == '#' || scan->at[1] == '/') {
        scan->at += strcspn(scan->at, "\n");
        return 0;
    }
    for (scan->at += 2; strncmp(scan->at, "*/", 2) != 0; scan->at++) {
        if (!*scan->at) {
            scan->line = begin;
            return reason_set(scan->why, REASON_USAGE, 0,
                              "the comment that begins here does not end");
        }
        if (*scan->at == '\n') {
            scan->line++;
            *scan->out++ = '\n';
        }
    }
    scan->at += 2;
    /* It parts two words, as a blank does. */
    *scan->out++ = ' ';
    return 0;
}

static unsigned hex_value(char digit)
{
    return (unsigned)(isdigit((unsigned char)digit) ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

/* The length of the escape that begins here, 0 when it is none that every libconfig knows. */
static size_t escape_length(struct scan *scan)
{
    const char *at = scan->at;

    if (at[1] == '\\' || at[1] == '"')
        return 2;
    if ((at[1] == 'x' || at[1] == 'X') && isxdigit((unsigned char)at[2]) &&
        isxdigit((unsigned char)at[3])) {
        unsigned value = hex_value(at[2]) * 16 + hex_value(at[3]);

        if (value >= 0x20 && value != 0x7f)
            return 4;
        reason_set(
            scan->why, REASON_USAGE, 0,
            "\\x%02x in a string is a control byte (in an abstract socket's name: \\\\x%02x)",
            value, value);
        return 0;
    }
    reason_set(scan->why, REASON_USAGE, 0,
               "a backslash in a string begins \\\\, \\\" or \\xNN: write \\\\ for the backslash");
    return 0;
}

static int take_string(struct scan *scan)
{
    size_t length;

    if (!value_is_due(scan) && scan->last != LAST_STRING)
        return refuse_value(scan);
    *scan->out++ = *scan->at++;
    while (*scan->at != '"') {
        if (!*scan->at || *scan->at == '\n')
            return reason_set(scan->why, REASON_USAGE, 0, "a string does not end on this line");
        if ((unsigned char)*scan->at < 0x20 || *scan->at == 0x7f)
            return refuse_byte(scan, "in a string");
        length = *scan->at == '\\' ? escape_length(scan) : 1;
        if (length == 0)
            return -1;
        memcpy(scan->out, scan->at, length);
        scan->out += length;
        scan->at += length;
    }
    *scan->out++ = *scan->at++;
    scan->last = LAST_STRING;
    return count_word(scan);
}

static int take_number(struct scan *scan)
{
    if (!value_is_due(scan))
        return refuse_value(scan);
    *scan->out++ = '"';
    *scan->out++ = SCAN_NUMBER_MARK;
    while (isalnum((unsigned char)*scan->at) || (*scan->at && strchr("+-._", *scan->at)))
        *scan->out++ = *scan->at++;
    *scan->out++ = '"';
    scan->last = LAST_NUMBER;
    return count_word(scan);
}

static int take_name(struct scan *scan)
{
    const char *name = scan->at;
    int length;

    while (isalnum((unsigned char)*scan->at) || (*scan->at && strchr("*-_", *scan->at)))
        *scan->out++ = *scan->at++;
    length = (int)(scan->at - name);
    if (value_is_due(scan) && !(length == 4 && strncasecmp(name, "true", 4) == 0) &&
        !(length == 5 && strncasecmp(name, "false", 5) == 0))
        return reason_set(scan->why, REASON_USAGE, 0,
                          "%.*s is not a value: write true or false, a number, or a text in quotes",
                          length > 40 ? 40 : length, name);
    scan->last = LAST_NAME;
    return count_word(scan);
}

static int open_bracket(struct scan *scan)
{
    if (scan->depth == DEPTH_MAX)
        return reason_set(scan->why, REASON_USAGE, 0, "more than %d brackets inside each other",
                          DEPTH_MAX);
    scan->open[scan->depth++] = *scan->at;
    return 0;
}

static int close_bracket(struct scan *scan)
{
    char c = *scan->at;

    if (scan->depth == 0)
        return reason_set(scan->why, REASON_USAGE, 0, "nothing is open that this %c closes", c);
    if (scan->open[scan->depth - 1] != (c == ')' ? '(' : c == ']' ? '[' : '{'))
        return reason_set(scan->why, REASON_USAGE, 0, "this %c does not match the %c that is open",
                          c, scan->open[scan->depth - 1]);
    /* Newer libraries than 1.5 would take it. */
    if (scan->last == ',' && c != '}')
        return reason_set(scan->why, REASON_USAGE, 0, "a comma before the %c", c);
    scan->depth--;
    return 0;
}

static int take_punctuation(struct scan *scan)
{
    char c = *scan->at;

    if (strncmp(scan->at, "@include", 8) == 0)
        return reason_set(scan->why, REASON_USAGE, 0,
                          "@include is not supported: all settings stand in one file");
    if ((unsigned char)c < 0x20 || (unsigned char)c >= 0x7f)
        return refuse_byte(scan, "outside a string (a typographic quote or blank?)");
    if (!strchr("=:,;(){}[]", c))
        return reason_set(scan->why, REASON_USAGE, 0,
                          "%c outside a string: a text stands in quotes", c);
    if (c == ';' && scan->depth > 0 && scan->open[scan->depth - 1] != '{')
        return reason_set(scan->why, REASON_USAGE, 0, "; inside %c: elements are parted by commas",
                          scan->open[scan->depth - 1]);
    if (strchr("({[", c) && open_bracket(scan) < 0)
        return -1;
    if (strchr(")}]", c) && close_bracket(scan) < 0)
        return -1;
    scan->last = c;
    *scan->out++ = c;
    scan->at++;
    return 0;
}

static int take_next(struct scan *scan)
{
    unsigned char c = (unsigned char)*scan->at;

    if (c == '\n')
        scan->line++;
    if (strchr(" \t\r\f\n", c)) {
        *scan->out++ = *scan->at++;
        return 0;
    }
    if (c == '#' || (c == '/' && (scan->at[1] == '/' || scan->at[1] == '*')))
        return skip_comment(scan);
    if (c == '"')
        return take_string(scan);
    if (isdigit(c) || strchr("+-.", c))
        return take_number(scan);
    if (isalpha(c) || c == '*')
        return take_name(scan);
    return take_punctuation(scan);
}

int scan_prepare(const char *text, char **prepared, unsigned *line, struct reason *why)
{
    struct scan scan = {.at = text, .line = 1, .why = why};
    /* A digit and what parts it from the next number are two bytes and become five. */
    char *copy = malloc(strlen(text) * 3 + 4);
    int result = 0;

    *line = 1;
    if (!copy)
        return reason_errno(why, ENOMEM, "prepare the text");
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0) {
        result = reason_set(why, REASON_USAGE, 0,
                            "the file begins with a byte order mark: save it as UTF-8 without BOM");
        goto out;
    }
    scan.out = copy;
    while (*scan.at && result == 0)
        result = take_next(&scan);
    if (result == 0 && scan.depth > 0)
        result = reason_set(why, REASON_USAGE, 0, "the file ends before the %c is closed",
                            scan.open[scan.depth - 1]);
    *line = scan.line;
    if (result == 0) {
        *scan.out = '\0';
        *prepared = copy;
        copy = NULL;
    }
out:
    free(copy);
    return result;
}
