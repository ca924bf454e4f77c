/* SPDX-License-Identifier: ISC */
/* The command line of a program as one table: --help is printed from it and the arguments are read
 * by it, so that neither can forget an option. */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include "base/reason.h"

#include <stdio.h>

struct options_row {
    int letter;       /* 'c'; OPTIONS_LONG + n for an option without a letter; 0 ends the table */
    const char *name; /* "config"; NULL for an option without a long name */
    const char *argument; /* "FILE"; NULL: it takes none */
    const char *help;     /* one line, or several with a newline between them */
};

#define OPTIONS_LONG 256
#define OPTIONS_MAX  64

/* What an effect returns when no option after it counts. */
#define OPTIONS_STOP 1

/* Calls effect for each option, with its row and its argument (NULL: it takes none), until one
 * returns OPTIONS_STOP. A failure, of an effect (-1) or of an option that is no row, does not keep
 * the later ones from taking effect. Returns the index of the first operand in argv, of which the
 * operands are moved to the end; or -1, and *why (word USAGE, "did you mean") is the first failure.
 */
int options_read(const struct options_row *rows, int argc, char **argv,
                 int (*effect)(void *context, const struct options_row *row, const char *argument,
                               struct reason *why),
                 void *context, struct reason *why) MUST_CHECK;

/* The row of a letter; the one that ends the table, if none has it. Never NULL. */
const struct options_row *options_find(const struct options_row *rows, int letter);

/* The table for people, two columns. */
void options_print(const struct options_row *rows, FILE *out);

#endif
