/* SPDX-License-Identifier: ISC */
/*
 * What differs between the families of stream sockets: how text becomes an endpoint, an endpoint an
 * address, and an address a socket. Private to src/transport.
 *
 * A new family is one file with one of these tables, one row in transport_registry (and its kind in
 * endpoint.h), one row in tests/lib/endpoints.c, one paragraph in echo-endpoint(7). No slot may be
 * NULL and none is called per byte.
 */
#ifndef TRANSPORT_TRANSPORT_OPS_H
#define TRANSPORT_TRANSPORT_OPS_H

#include "transport/transport.h"

#include <stdbool.h>

struct transport_ops {
    const char *schemes[4];      /* what may stand before the first colon; ends with NULL */
    enum endpoint_kind kinds[2]; /* the kinds its parse makes; one kind stands twice */
    int families[2];             /* the address families its resolve makes, likewise */
    int protocol;
    bool inherits; /* an accepted socket has the options of its listener */

    /* The text after "scheme:" into a zeroed endpoint; scheme is "" for text without one. The
     * sentence says what to write instead; endpoint_parse puts the quoted text before it. */
    int (*parse)(struct endpoint *endpoint, const char *scheme, const char *text,
                 struct reason *why);
    void (*print)(const struct endpoint *endpoint, char *text, size_t size);
    int (*resolve)(const struct endpoint *endpoint, enum transport_role role, struct address *list,
                   size_t capacity, struct reason *why);

    /* What bind would find in the place of an address: see transport_check. */
    int (*check)(const struct address *address, const struct listen_options *options,
                 struct reason *why);
    /* Options, bind and listen on listener->fd. After a failure nothing but the descriptor is left.
     */
    int (*listen)(struct transport_listener *listener, const struct address *address,
                  const struct listen_options *options, struct reason *why);
    /* Options before bind and connect that a kernel may refuse; source may be NULL. */
    void (*prepare)(int fd, const struct address *source);
    /* The word and the sentence for a connect that failed with this errno. */
    int (*explain)(const struct address *address, int code, struct reason *why);
};

extern const struct transport_ops transport_unix;
extern const struct transport_ops transport_tcp;

/* Ends with NULL. */
extern const struct transport_ops *const transport_registry[];

/* NULL when no row has it. The scheme is compared without regard to case and comes back as the row
 * spells it. */
const struct transport_ops *transport_by_scheme(const char *text, size_t length,
                                                const char **scheme);
const struct transport_ops *transport_by_kind(enum endpoint_kind kind);
const struct transport_ops *transport_by_family(int family);

/* Whether this text before a colon is a scheme, a reserved one included. */
int endpoint_is_scheme(const char *text, size_t length);

#endif
