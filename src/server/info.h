/* SPDX-License-Identifier: ISC */
/* The service "info": which server answers, and what it sees of its client. One line, a JSON object
 * whose fields are in echo-server.conf(5); then it is an echo. */
#ifndef SERVER_INFO_H
#define SERVER_INFO_H

struct connection;

/* A service's begin. */
void info_begin(struct connection *connection);

#endif
