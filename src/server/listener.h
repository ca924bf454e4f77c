/* SPDX-License-Identifier: ISC */
/* One endpoint that is served: its listening sockets and what is counted for it. */
#ifndef SERVER_LISTENER_H
#define SERVER_LISTENER_H

#include "base/loop.h"
#include "base/reason.h"
#include "server/counters.h"
#include "server/service.h"
#include "server/settings/names.h"
#include "server/settings/settings.h"
#include "transport/transport.h"

struct worker;
struct listener;

/* One listening socket. TCP has one for each worker (SO_REUSEPORT), everything else one in all. */
struct port {
    struct loop_source source;
    struct transport_listener socket;
    struct address address;
    struct listener *listener;
    unsigned worker_index;
    struct worker *worker; /* accepts here; set once it is watched */
    bool first;            /* of its address: the one that is told as "listening" */
    struct port *donor;    /* of a listener that leaves: this is the same socket */
    bool handed_over;      /* the socket lives on in another listener */
    bool paused;           /* not watched: full, or backing off */
    _Atomic bool broken;   /* never watched again, accept(2) says that it is none */
    uint64_t resume_ns;    /* 0: when a place is free */
};

struct listener {
    struct listener *next;
    struct settings_listener settings; /* owned copy */
    const struct service *service;
    char text[ENDPOINT_TEXT_SIZE]; /* the endpoint */
    struct port *ports;
    size_t port_count;
    struct counters *counters; /* one for each worker, as of the next two */
    struct counters *sums;     /* with those of open connections, when a worker last summed up */
    struct counters *seen;     /* of these, what the main thread has seen */
    unsigned worker_count;
    bool is_local; /* no other machine reaches it */
    bool leaving;  /* a reload is about to remove it, or has: it lives while its connections do */
};

/* What a listener is opened for and among. */
struct listener_site {
    const struct service *service;
    const struct locks *locks;
    struct listener *served; /* open already */
    struct listener *opened; /* opened just now, not served yet */
    unsigned worker_count;
};

/* Binds every address, nothing is accepted yet. A port 0 is picked once for all addresses and
 * workers. Addresses that this machine lacks are skipped with a warning while one binds. A socket
 * that a leaving listener has on the same address is shared with it, until listener_take_over.
 * number spreads sockets that cannot be shared over the workers. Returns NULL with nothing left
 * open. */
struct listener *listener_open(const struct settings_listener *settings, const struct names *names,
                               const struct listener_site *site, unsigned number,
                               struct reason *why) MUST_CHECK;

/* The number of ports that one address has. */
unsigned listener_port_count(const struct settings_listener *settings, unsigned worker_count);

/* The sentence for an address that two listeners want; both as text. -1. */
int listener_refuse_twice(const char *text, const char *address, const char *other,
                          struct reason *why);

/* Makes the shared sockets of leaving listeners its own. Workers parked. */
void listener_take_over(struct listener *listener);

/* The one with this endpoint in a list, or NULL. */
struct listener *listener_find(struct listener *list, const struct endpoint *endpoint);

/* Whether clients still reach it: false when its path was removed, or leads elsewhere. */
bool listener_is_reachable(const struct listener *listener);

/* Removes the paths that are still ours, while their sockets go on listening. The crew may run. */
void listener_remove_paths(struct listener *listener);

/* Closes the ports, removes our paths. Fine when they are closed already. */
void listener_close_port(struct port *port);
void listener_close_ports(struct listener *listener);

/* Also frees; no connection may point here any more. */
void listener_destroy(struct listener *listener);

/* Connections that are open; call while the workers are parked. */
uint64_t listener_active(const struct listener *listener);

/* Whether a reload may give a living listener these settings; some need a restart. */
int listener_check(const struct listener *listener, const struct settings_listener *settings,
                   struct reason *why) MUST_CHECK;
/* Takes over what may change: name, backlog, optional. */
void listener_update(struct listener *listener, const struct settings_listener *settings);

#endif
