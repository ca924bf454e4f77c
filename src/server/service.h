/* SPDX-License-Identifier: ISC */
/* What a listener serves: constant data. A service is one file with these functions, and a row of
 * the table in services.c. */
#ifndef SERVER_SERVICE_H
#define SERVER_SERVICE_H

struct connection;
struct loop_source;

struct service {
    /* The loop source of each port: somebody has come. */
    void (*ready)(struct loop_source *source, unsigned events);
    /* A client that was let in is at its worker, on whose thread this is. It may end at once, and
     * be freed. */
    void (*begin)(struct connection *connection);
};

#endif
