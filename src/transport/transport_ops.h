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
    enum endpoint_kind kind;
    int families[2]; /* the address families its resolve makes; one stands twice */
    int protocol;
    bool inherits; /* an accepted socket has the options of its listener */

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

/* NULL when no row has it. */
const struct transport_ops *transport_by_kind(enum endpoint_kind kind);
const struct transport_ops *transport_by_family(int family);

#endif
