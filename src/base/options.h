/* SPDX-License-Identifier: ISC */
/* The command line of a program as one table: --help is printed from it and getopt_long(3) is fed
 * from it, so that neither can forget an option. getopt itself stays in the main files. */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include "base/reason.h"

#include <stddef.h>
#include <stdio.h>

struct options_row {
    int letter;       /* 'c'; OPTIONS_LONG + n for an option without a letter; 0 ends the table */
    const char *name; /* "config"; NULL for an option without a long name */
    const char *argument; /* "FILE"; NULL: it takes none */
    const char *help;     /* one line, or several with a newline between them */
};

#define OPTIONS_LONG 256

/* The number of rows. */
size_t options_count(const struct options_row *rows);

/* The letters as getopt_long wants them, with ':' in front: it then prints nothing itself and
 * returns ':' for a missing argument. text must hold 2 * options_count + 2 bytes. Returns text.
 *
 *     struct option list[COUNT] = {0};
 *     for (size_t i = 0; i < options_count(rows); i++)
 *         list[i] = (struct option){rows[i].name ? rows[i].name : "", rows[i].argument ?
 *                                   required_argument : no_argument, NULL, rows[i].letter};
 */
const char *options_short(const struct options_row *rows, char *text);

/* The table for people, two columns. */
void options_print(const struct options_row *rows, FILE *out);

/* The sentence for a result of '?' or ':' (word USAGE, "did you mean"): optopt_value is getopt's
 * optopt, word is argv[optind - 1]. Returns -1. */
int options_refuse(const struct options_row *rows, int result, int optopt_value, const char *word,
                   struct reason *why);

#endif
