/* SPDX-License-Identifier: ISC */
#include "base/options.h"

#include "base/text.h"

#include <assert.h>
#include <getopt.h>
#include <string.h>

#define COLUMN 27 /* where the help texts begin */

/* "-c, --config", "-4", "--ready-fd" */
static const char *row_name(const struct options_row *row, char *text, size_t size)
{
    if (row->letter >= OPTIONS_LONG)
        snprintf(text, size, "--%s", row->name);
    else if (row->name)
        snprintf(text, size, "-%c, --%s", row->letter, row->name);
    else
        snprintf(text, size, "-%c", row->letter);
    return text;
}

void options_print(const struct options_row *rows, FILE *out)
{
    char name[64];

    for (; rows->letter; rows++) {
        int width = fprintf(out, "  %s%s%s%s", rows->letter >= OPTIONS_LONG ? "    " : "",
                            row_name(rows, name, sizeof name), rows->argument ? " " : "",
                            rows->argument ? rows->argument : "");

        if (width > COLUMN - 2) {
            fputc('\n', out);
            width = 0;
        }
        fprintf(out, "%*s", COLUMN - width, "");
        for (const char *c = rows->help; *c; c++) {
            fputc(*c, out);
            if (*c == '\n')
                fprintf(out, "%*s", COLUMN, "");
        }
        fputc('\n', out);
    }
}

const struct options_row *options_find(const struct options_row *rows, int letter)
{
    while (rows->letter && rows->letter != letter)
        rows++;
    return rows;
}

/* The long options that begin so; getopt takes a beginning that belongs to one alone. */
static size_t list_candidates(const struct options_row *rows, const char *start, char *list,
                              size_t size)
{
    size_t length = strlen(start), used = 0, count = 0;

    for (; rows->letter && used < size; rows++)
        if (rows->name && strncmp(rows->name, start, length) == 0)
            used += (size_t)snprintf(list + used, size - used, "%s--%s", count++ ? ", " : "",
                                     rows->name);
    return count;
}

static int refuse_unknown(const struct options_row *rows, const char *word, struct reason *why)
{
    const char *names[OPTIONS_MAX + 1] = {NULL};
    const char *nearest;
    char copy[48], list[160];
    size_t count = 0;

    text_escape(copy, sizeof copy, word, strcspn(word, "="));
    if (list_candidates(rows, copy + 2, list, sizeof list) > 1)
        return reason_set(why, REASON_USAGE, 0, "option %s may be %s", copy, list);
    for (; rows->letter && count < OPTIONS_MAX; rows++)
        if (rows->name)
            names[count++] = rows->name;
    nearest = text_nearest(copy + 2, names);
    return reason_set(why, REASON_USAGE, 0, "unknown option %s%s%s%s", copy,
                      nearest ? " (did you mean --" : "", nearest ? nearest : "",
                      nearest ? "?)" : "");
}

/* The sentence for getopt_long's result '?' or ':'; word is where it was found. */
static int refuse(const struct options_row *rows, int result, const char *word, struct reason *why)
{
    const struct options_row *row = options_find(rows, optopt);
    char name[64];

    if (row->letter)
        return reason_set(why, REASON_USAGE, 0, "option %s %s%s", row_name(row, name, sizeof name),
                          result == ':' ? "needs an argument: " : "takes no argument",
                          result == ':' ? row->argument : "");
    if (strncmp(word, "--", 2) == 0)
        return refuse_unknown(rows, word, why);
    text_escape(name, sizeof name, &(char){(char)optopt}, 1);
    return reason_set(why, REASON_USAGE, 0, "unknown option -%s", name);
}

/* The table as getopt_long takes it. With ':' in front it prints nothing itself, and tells a
 * missing argument from an unknown option. */
static void translate(const struct options_row *rows, struct option list[OPTIONS_MAX + 1],
                      char letters[2 * OPTIONS_MAX + 2])
{
    size_t count = 0;

    *letters++ = ':';
    for (; rows->letter; rows++) {
        assert(count < OPTIONS_MAX);
        list[count++] =
            (struct option){rows->name ? rows->name : "",
                            rows->argument ? required_argument : no_argument, NULL, rows->letter};
        if (rows->letter >= OPTIONS_LONG)
            continue;
        *letters++ = (char)rows->letter;
        if (rows->argument)
            *letters++ = ':';
    }
    *letters = '\0';
    list[count] = (struct option){0};
}

int options_read(const struct options_row *rows, int argc, char **argv,
                 int (*effect)(void *context, const struct options_row *row, const char *argument,
                               struct reason *why),
                 void *context, struct reason *why)
{
    struct option list[OPTIONS_MAX + 1];
    char letters[2 * OPTIONS_MAX + 2];
    struct reason bad, *failure = why;
    int letter, status = 0;

    translate(rows, list, letters);
    optind = 0; /* from the start, whatever was read before */
    while (status != OPTIONS_STOP &&
           (letter = getopt_long(argc, argv, letters, list, NULL)) != -1) {
        if (letter == '?' || letter == ':')
            status = refuse(rows, letter, argv[optind - 1], failure);
        else
            status = effect(context, options_find(rows, letter), optarg, failure);
        /* Only the first is told. */
        if (status < 0)
            failure = &bad;
    }
    return failure == why ? optind : -1;
}
