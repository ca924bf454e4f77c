/* SPDX-License-Identifier: ISC */
#include "base/text.h"

#include "base/clock.h"
#include "base/wide.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { NO_DIGITS = -1, TOO_MANY_DIGITS = -2 };

/* Reads digits of the base up to the first other character. Fails on none, on overflow and on a
 * leading zero before another decimal digit, which some readers take for octal; then the cursor is
 * behind the digits. */
static int read_digits(const char **cursor, unsigned base, uint64_t *value)
{
    const char *start = *cursor;
    uint64_t sum = 0;
    int result = 0;

    for (; **cursor >= '0' && **cursor < (char)('0' + base); (*cursor)++) {
        unsigned digit = (unsigned)(**cursor - '0');

        if (base == 10 && *cursor > start && *start == '0')
            return NO_DIGITS;
        if (sum > (UINT64_MAX - digit) / base)
            result = TOO_MANY_DIGITS;
        sum = sum * base + digit;
    }
    if (*cursor == start)
        return NO_DIGITS;
    *value = sum;
    return result;
}

/* For sentences: the text as printable ASCII, cut to something that fits into one. */
static const char *quoted(const char *text, char *copy, size_t size)
{
    text_escape(copy, size, text, strlen(text));
    return copy;
}

static int number_in(const char *text, unsigned base, uint64_t min, uint64_t max, uint64_t *value,
                     struct reason *why)
{
    const char *cursor = text;
    uint64_t number;
    char copy[48];
    int digits = read_digits(&cursor, base, &number);

    if (digits == NO_DIGITS || *cursor)
        return reason_set(why, REASON_USAGE, 0, "\"%s\" is not a plain %s number",
                          quoted(text, copy, sizeof copy), base == 8 ? "octal" : "decimal");
    if (digits == TOO_MANY_DIGITS || number < min || number > max)
        return reason_set(why, REASON_USAGE, 0,
                          base == 8 ? "%s is outside %" PRIo64 " to %" PRIo64
                                    : "%s is outside %" PRIu64 " to %" PRIu64,
                          quoted(text, copy, sizeof copy), min, max);
    *value = number;
    return 0;
}

int text_number(const char *text, uint64_t min, uint64_t max, uint64_t *value, struct reason *why)
{
    return number_in(text, 10, min, max, value, why);
}

int text_octal(const char *text, uint64_t max, uint64_t *value, struct reason *why)
{
    return number_in(text, 8, 0, max, value, why);
}

static const struct scale {
    const char *name;
    uint64_t scale;
} size_units[] = {
    /* text_format_size prints the first that divides. */
    {"TiB", UINT64_C(1) << 40},
    {"GiB", UINT64_C(1) << 30},
    {"MiB", UINT64_C(1) << 20},
    {"KiB", UINT64_C(1) << 10},
    /* As for dd(1). */
    {"T", UINT64_C(1) << 40},
    {"G", UINT64_C(1) << 30},
    {"M", UINT64_C(1) << 20},
    {"K", UINT64_C(1) << 10},
    /* Powers of 1000. */
    {"TB", UINT64_C(1000000000000)},
    {"GB", UINT64_C(1000000000)},
    {"MB", UINT64_C(1000000)},
    {"KB", UINT64_C(1000)},
    {"kB", UINT64_C(1000)},
    {"B", UINT64_C(1)},
    {NULL, 0},
};

static const struct scale rate_units[] = {
    {"M", UINT64_C(1000000)},
    {"k", UINT64_C(1000)},
    {"", UINT64_C(1)},
    {NULL, 0},
};

static const struct scale duration_units[] = {
    {"d", 86400 * NS_PER_S},
    {"h", 3600 * NS_PER_S},
    {"m", 60 * NS_PER_S},
    {"s", NS_PER_S},
    {"ms", NS_PER_MS},
    {"us", NS_PER_US},
    {"ns", 1},
    {NULL, 0},
};

static const struct scale *find_unit(const struct scale *units, const char *name)
{
    for (; units->name; units++)
        if (strcmp(units->name, name) == 0)
            return units;
    return NULL;
}

int text_size(const char *text, uint64_t min, uint64_t max, uint64_t *bytes, struct reason *why)
{
    const char *cursor = text;
    const struct scale *unit;
    uint64_t number;
    char copy[48];

    if (read_digits(&cursor, 10, &number) < 0)
        return reason_set(why, REASON_USAGE, 0, "\"%s\" is not a size such as 512, 64KiB or 1MB",
                          quoted(text, copy, sizeof copy));
    unit = find_unit(size_units, *cursor ? cursor : "B");
    if (!unit)
        return reason_set(why, REASON_USAGE, 0,
                          "\"%s\" does not end in a unit of size (K M G, KiB MiB GiB, kB MB GB)",
                          quoted(text, copy, sizeof copy));
    if (number > UINT64_MAX / unit->scale || number * unit->scale < min ||
        number * unit->scale > max) {
        char low[32], high[32];

        return reason_set(why, REASON_USAGE, 0, "%s is outside %s to %s",
                          quoted(text, copy, sizeof copy), text_format_size(min, low, sizeof low),
                          text_format_size(max, high, sizeof high));
    }
    *bytes = number * unit->scale;
    return 0;
}

int text_rate(const char *text, uint64_t min, uint64_t max, uint64_t *rate, struct reason *why)
{
    const char *cursor = text;
    const struct scale *unit = NULL;
    uint64_t number;
    char copy[48];
    int digits = read_digits(&cursor, 10, &number);

    if (digits != NO_DIGITS)
        unit = find_unit(rate_units, cursor);
    if (!unit)
        return reason_set(why, REASON_USAGE, 0,
                          "\"%s\" is not a whole number per second such as 500, 10k or 2M",
                          quoted(text, copy, sizeof copy));
    if (digits == TOO_MANY_DIGITS || number > UINT64_MAX / unit->scale ||
        number * unit->scale < min || number * unit->scale > max)
        return reason_set(why, REASON_USAGE, 0, "%s is outside %" PRIu64 " to %" PRIu64,
                          quoted(text, copy, sizeof copy), min, max);
    *rate = number * unit->scale;
    return 0;
}

/* The decimals after the point, as billionths. */
static int read_fraction(const char **cursor, uint64_t *billionths)
{
    uint64_t scale = NS_PER_S;

    *billionths = 0;
    if (**cursor != '.')
        return 0;
    (*cursor)++;
    if (**cursor < '0' || **cursor > '9')
        return -1;
    for (; **cursor >= '0' && **cursor <= '9'; (*cursor)++) {
        scale /= 10;
        if (scale == 0)
            return -1;
        *billionths += (uint64_t)(**cursor - '0') * scale;
    }
    return 0;
}

/* ".2" has no digits in front of its point. */
static int read_whole(const char **cursor, uint64_t *whole)
{
    *whole = 0;
    return **cursor == '.' ? 0 : read_digits(cursor, 10, whole);
}

/* "0,2", which is how many languages write it. */
static int refuse_comma(const char *text, enum text_unit rule, struct reason *why)
{
    char copy[48], better[48];
    bool has_unit = text[strspn(text, ",.0123456789")] != '\0';

    quoted(text, copy, sizeof copy);
    snprintf(better, sizeof better, "%s", copy);
    better[strcspn(better, ",")] = '.';
    return reason_set(why, REASON_USAGE, 0, "\"%s\" has a comma: write %s%s", copy, better,
                      rule == TEXT_UNIT_REQUIRED && !has_unit ? "s" : "");
}

int text_duration(const char *text, enum text_unit rule, uint64_t min_ns, uint64_t max_ns,
                  uint64_t *duration_ns, struct reason *why)
{
    const char *cursor = text;
    const struct scale *unit;
    uint64_t whole, billionths, total;
    char copy[48], low[32], high[32];

    if (read_whole(&cursor, &whole) < 0 || read_fraction(&cursor, &billionths) < 0)
        return reason_set(why, REASON_USAGE, 0, "\"%s\" is not a duration such as %s",
                          quoted(text, copy, sizeof copy),
                          rule == TEXT_UNIT_REQUIRED ? "500ms, 30s or 5m" : "0.5, 500ms or 30s");
    if (*cursor == ',' && cursor > text && strchr(".0123456789", cursor[-1]) && cursor[1] >= '0' &&
        cursor[1] <= '9')
        return refuse_comma(text, rule, why);
    if (!*cursor && rule == TEXT_UNIT_REQUIRED && strcmp(text, "0") != 0)
        return reason_set(why, REASON_USAGE, 0,
                          "\"%s\" has no unit: write \"%ss\" for seconds or \"%sms\"",
                          quoted(text, copy, sizeof copy), copy, copy);
    unit = find_unit(duration_units, *cursor ? cursor : "s");
    if (!unit)
        return reason_set(why, REASON_USAGE, 0,
                          "\"%s\" does not end in a unit of time (us ms s m h d)",
                          quoted(text, copy, sizeof copy));
    if (whole > (UINT64_MAX >> 1) / unit->scale)
        total = UINT64_MAX;
    else
        total = whole * unit->scale + wide_scale(unit->scale, billionths, NS_PER_S);
    /* A bound of 1ns is how callers say "not 0". */
    if (total == 0 && min_ns == 1)
        return reason_set(why, REASON_USAGE, 0, "%s is too short: write a time longer than 0",
                          quoted(text, copy, sizeof copy));
    if (total < min_ns || total > max_ns)
        return reason_set(why, REASON_USAGE, 0, "%s is outside %s to %s",
                          quoted(text, copy, sizeof copy),
                          text_format_duration(min_ns > 1 ? min_ns : 0, low, sizeof low),
                          text_format_duration(max_ns, high, sizeof high));
    *duration_ns = total;
    return 0;
}

/* Prints the value in the largest unit that divides it; none is printed for 0. */
static const char *format_units(const struct scale *units, uint64_t value, char *text, size_t size)
{
    while (units[1].name && (value % units->scale || value < units->scale))
        units++;
    snprintf(text, size, "%" PRIu64 "%s", value / units->scale, value ? units->name : "");
    return text;
}

const char *text_format_size(uint64_t bytes, char *text, size_t size)
{
    format_units(size_units, bytes, text, size);
    /* A plain number of bytes is written without a unit. */
    if (bytes && text[strlen(text) - 1] == 'B' && strspn(text, "0123456789") == strlen(text) - 1)
        text[strlen(text) - 1] = '\0';
    return text;
}

const char *text_format_duration(uint64_t duration_ns, char *text, size_t size)
{
    return format_units(duration_units, duration_ns, text, size);
}

size_t text_escape(char *text, size_t size, const void *bytes, size_t length)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *cursor = bytes;
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        unsigned char c = cursor[i];
        bool plain = c >= 0x20 && c <= 0x7e && c != '\\';
        size_t width = plain ? 1 : c == '\\' ? 2 : 4;

        if (used + width >= size)
            break;
        if (plain) {
            text[used++] = (char)c;
            continue;
        }
        text[used++] = '\\';
        if (c == '\\') {
            text[used++] = '\\';
            continue;
        }
        text[used++] = 'x';
        text[used++] = hex[c >> 4];
        text[used++] = hex[c & 15];
    }
    if (size)
        text[used] = '\0';
    return used;
}

const char *text_quote_word(char *text, size_t size, const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "@%+=:,./_-";
    size_t used = 0;

    if (*word && !word[strspn(word, plain)]) {
        snprintf(text, size, "%s", word);
        return text;
    }
    used += (size_t)snprintf(text, size, "'");
    for (; *word && used < size; word++)
        used += (size_t)snprintf(text + used, size - used, *word == '\'' ? "'\\''" : "%c", *word);
    if (used < size)
        snprintf(text + used, size - used, "'");
    return text;
}

/* Levenshtein's distance of two short words; anything longer than the table counts as far away. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[33];
    size_t columns = strlen(b);

    if (columns > 32 || strlen(a) > 32)
        return UINT_MAX;
    for (unsigned j = 0; j <= columns; j++)
        row[j] = j;
    for (unsigned i = 1; a[i - 1]; i++) {
        unsigned diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            unsigned substitute = diagonal + (a[i - 1] != b[j - 1]);
            unsigned best = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;

            diagonal = row[j];
            row[j] = substitute < best ? substitute : best;
        }
    }
    return row[columns];
}

const char *text_nearest(const char *word, const char *const *candidates)
{
    const char *nearest = NULL;
    unsigned best = UINT_MAX;

    for (; *candidates; candidates++) {
        unsigned d = distance(word, *candidates);

        /* A third of the letters may differ; more is another word. */
        if (d < best && d <= 1 + strlen(*candidates) / 3) {
            best = d;
            nearest = *candidates;
        }
    }
    return nearest;
}
