/* SPDX-License-Identifier: ISC */
/* What differs between the kinds of sockets: how one is made, and in nothing after that. A row is
 * one kind: it is defined in the kind's file and listed in transport.c. No function is NULL and
 * none is called per byte. Private to src/transport. */
#ifndef TRANSPORT_TRANSPORT_ROW_H
#define TRANSPORT_TRANSPORT_ROW_H

#include "base/reason.h"
#include "transport/address_value.h"
#include "transport/endpoint_value.h"
#include "transport/transport_value.h"

#include <stdbool.h>
#include <stddef.h>

/* A socket option that is switched on where the kernel has it; one that is refused only makes
 * things slower. */
struct transport_option {
    int level, name;
    bool if_port_is_free; /* only when the source address leaves the port to the kernel */
};

struct transport {
    const char *name;        /* for programs that read it */
    enum endpoint_kind kind; /* the endpoints that ask for it */
    int families[2];         /* of its addresses; AF_UNSPEC: no second one */
    int type, protocol;      /* socket(2) */

    /* Each worker has a socket of its own on the port (SO_REUSEPORT). Otherwise one worker accepts
     * and hands over. */
    bool shares_port;
    /* shutdown(2) of the listening socket refuses new clients and leaves those that wait. */
    bool ends_queue;
    /* An accepted socket has all options of its listener, SO_OOBINLINE as well. */
    bool inherits_options;
    struct transport_option connect_options[2]; /* before connect(2); name 0: no more */

    /* A protocol that a kernel may lack: what is missing then. NULL: every kernel has it. */
    const char *lacking;
    /* A protocol that a peer may lack: an option that getsockopt(2) knows only while the peer
     * speaks it, and the protocol of the connection otherwise. Option 0: every peer speaks it. */
    struct {
        int level, option, protocol;
    } fallback;

    /* Fills family, storage and length of zeroed addresses: see transport_resolve. */
    int (*resolve)(const struct endpoint *endpoint, enum transport_role role, struct address *list,
                   size_t capacity, struct reason *why);
    /* Options, bind and listen on listener->fd; transport_listen releases it after a failure. */
    int (*listen)(struct transport_listener *listener, const struct address *address,
                  const struct listen_options *options, struct reason *why);
    /* The word and the sentence for a connect that failed with this errno. Returns -1. */
    int (*explain)(const struct address *address, int code, struct reason *why);
};

#endif
