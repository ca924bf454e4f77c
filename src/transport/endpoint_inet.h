/* SPDX-License-Identifier: ISC */
/* Hosts and ports as text: the functions of the rows tcp: and mptcp:, and of their tcp4:
 * and tcp6:. */
#ifndef TRANSPORT_ENDPOINT_INET_H
#define TRANSPORT_ENDPOINT_INET_H

#include "transport/endpoint_scheme.h"

int endpoint_inet_parse(struct endpoint *endpoint, const struct endpoint_scheme *scheme,
                        const char *text, bool is_url, struct reason *why) MUST_CHECK;
void endpoint_inet_print(const struct endpoint *endpoint, char *text, size_t size);

/* The name is an address in digits, so nobody has to be asked for it. */
bool endpoint_inet_is_literal(const char *name);

#endif
