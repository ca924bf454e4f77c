/* SPDX-License-Identifier: ISC */
/* What the user wrote: "unix:/tmp/echo.sock", "localhost:7777". A value; says nothing about whether
 * it exists. The grammar is echo-endpoint(7). */
#ifndef TRANSPORT_ENDPOINT_H
#define TRANSPORT_ENDPOINT_H

#include "base/reason.h"

#include <stddef.h>

enum endpoint_kind {
    ENDPOINT_UNIX_PATH, /* name is the path, absolute or relative ("./x" or "x") */
    ENDPOINT_ABSTRACT,  /* name holds length bytes, any value, without the leading NUL */
    ENDPOINT_TCP,       /* name is the host, "*" for every address; port_text the port */
    ENDPOINT_SYSTEMD,   /* name is the name of the inherited socket, "" for all */
    ENDPOINT_INHERITED  /* fd:N; port_text is the number */
};

enum endpoint_family { ENDPOINT_ANY_FAMILY, ENDPOINT_IPV4, ENDPOINT_IPV6 };

#define ENDPOINT_NAME_MAX  255
/* Room for any endpoint_format result: every byte of an abstract name as \xNN, and the rest. */
#define ENDPOINT_TEXT_SIZE (4 * ENDPOINT_NAME_MAX + 64)

struct endpoint {
    enum endpoint_kind kind;
    enum endpoint_family family;      /* ENDPOINT_TCP: tcp4: and tcp6: ask for one */
    unsigned short length;            /* bytes used in name */
    char name[ENDPOINT_NAME_MAX + 1]; /* always terminated as well */
    char port_text[32];               /* "7777", "echo", "" when none was written */
};

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

/* Whether a server can be reached through it by other machines cannot be seen here: see address.h.
 */

#endif
