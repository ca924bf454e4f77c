/* SPDX-License-Identifier: ISC */
/* The one table of endpoints that every test of a transport runs over. */
#ifndef TESTS_LIB_ENDPOINTS_H
#define TESTS_LIB_ENDPOINTS_H

#include "transport/endpoint.h"

#include <stdbool.h>
#include <stddef.h>

struct endpoints_row {
    const char *name;
    int family;
    const char *before; /* the endpoint's text, in two halves */
    bool unique;        /* between them stands the temporary directory */
    const char *after;
};

/* Calls the body with a fresh endpoint of each row that this machine has a family for, in a fresh
 * temporary directory. Afterwards no file of the body's may be left, no descriptor, and the umask
 * as before, or the test fails with the row's name. */
void endpoints_each(void (*body)(const struct endpoints_row *row, const struct endpoint *endpoint));

/* Whether the table has a row of this kind and family, on whatever machine. */
bool endpoints_has(enum endpoint_kind kind, int family);

/* How many descriptors this process has open. */
size_t endpoints_count_fds(void);

#endif
