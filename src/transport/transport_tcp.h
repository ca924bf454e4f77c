/* SPDX-License-Identifier: ISC */
/* TCP over IPv4 and IPv6: tcp(7), and TCP over several paths (RFC 8684). */
#ifndef TRANSPORT_TRANSPORT_TCP_H
#define TRANSPORT_TRANSPORT_TCP_H

#include "transport/transport_row.h"

extern const struct transport transport_tcp;
extern const struct transport transport_mptcp;

/* transport_tcp_state. */
int transport_tcp_ask(int fd, struct transport_tcp_state *state) MUST_CHECK;

#endif
