/* SPDX-License-Identifier: ISC */
/* --resolve: what an endpoint resolves to, by the names of the constants. */
#ifndef CLIENT_RESOLVE_H
#define CLIENT_RESOLVE_H

#include "client/request.h"

/* Prints the addresses, and for a Unix endpoint what is there and whether somebody answers. The
 * exit status; *why stays NONE when the endpoint resolves. */
enum exit_status resolve_run(const struct request *request, struct reason *why);

/* The names of services (/etc/services), sorted by port and protocol. */
struct resolve_service {
    unsigned port;
    char *protocol, *name;
    char **aliases; /* ends with NULL */
};
struct resolve_services {
    struct resolve_service *list;
    size_t count;
};

/* SERVICE when there is no database. The caller releases what was loaded. */
int resolve_services_load(struct resolve_services *services, struct reason *why) MUST_CHECK;
void resolve_services_release(struct resolve_services *services);

#endif
