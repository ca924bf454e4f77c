/* SPDX-License-Identifier: ISC */
/* What differs between the ways to write an endpoint. A row is one word before the first colon; all
 * of them are listed in endpoint.c. Private to src/transport. */
#ifndef TRANSPORT_ENDPOINT_SCHEME_H
#define TRANSPORT_ENDPOINT_SCHEME_H

#include "base/reason.h"
#include "transport/endpoint_value.h"

#include <stddef.h>

struct endpoint_scheme {
    const char *name; /* in small letters */
    /* Known, so that no host of that name is meant by accident, and refused: the name is all. */
    bool is_reserved;
    enum endpoint_kind kind;
    enum endpoint_family family;
    unsigned traits; /* of enum endpoint_trait */
    bool has_url;    /* "name://" begins a URL */
    bool is_implied; /* printed without its name where that reads back as the same */

    /* The text after "name:" (after "name://" in a URL, and all of it when no scheme is written)
     * into an endpoint that has its kind and family and is zero otherwise. The sentence says what
     * to write instead; endpoint_parse puts the quoted text before it. */
    int (*parse)(struct endpoint *endpoint, const struct endpoint_scheme *scheme, const char *text,
                 bool is_url, struct reason *why);
    /* What follows "name:". */
    void (*print)(const struct endpoint *endpoint, char *text, size_t size);
};

#endif
