/* SPDX-License-Identifier: ISC */
/* What the user wrote: "unix:/tmp/echo.sock", "localhost:7777". A value; says nothing about whether
 * it exists. The grammar is echo-endpoint(7). */
#ifndef TRANSPORT_ENDPOINT_H
#define TRANSPORT_ENDPOINT_H

#include "base/reason.h"
#include "transport/endpoint_value.h"

#include <stddef.h>

/* Room for any endpoint_format result: every byte of an abstract name as \xNN, and the rest. */
#define ENDPOINT_TEXT_SIZE (4 * ENDPOINT_NAME_MAX + 64)

/* Reads an endpoint. Never blocks and looks at no file. Refuses with word USAGE (TOOLONG for a path
 * of more than 107 bytes) and a sentence that says what to write instead. */
int endpoint_parse(struct endpoint *endpoint, const char *text, struct reason *why) MUST_CHECK;

/* The canonical text; endpoint_parse of it gives the same endpoint. Returns text. */
const char *endpoint_format(const struct endpoint *endpoint, char *text, size_t size);

/* A total order: < 0, 0 or > 0. Equal means the same canonical text. */
int endpoint_compare(const struct endpoint *a, const struct endpoint *b);

/* Makes a relative Unix path absolute by the working directory; others stay as they are.
 * TOOLONG when the result has more than 107 bytes. */
int endpoint_make_absolute(struct endpoint *endpoint, struct reason *why) MUST_CHECK;

/* The bits of enum endpoint_trait that it has. Whether other machines can reach a server through it
 * cannot be seen here: see address.h. */
unsigned endpoint_traits(const struct endpoint *endpoint);

/* The path; NULL when it has none. */
const char *endpoint_path(const struct endpoint *endpoint);

/* Whether the name service must be asked, which may take its time: it has a host that is neither an
 * address nor "*". */
bool endpoint_needs_lookup(const struct endpoint *endpoint);

/* The rows of the table of schemes, from 0; NULL after the last. */
const struct endpoint_scheme *endpoint_scheme_at(size_t row);

#endif
