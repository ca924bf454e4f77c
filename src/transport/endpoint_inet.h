/* SPDX-License-Identifier: ISC */
/* TCP endpoints as text: the parse and print slots of transport_tcp. */
#ifndef TRANSPORT_ENDPOINT_INET_H
#define TRANSPORT_ENDPOINT_INET_H

#include "transport/endpoint.h"

int endpoint_inet_parse(struct endpoint *endpoint, const char *scheme, const char *text,
                        struct reason *why) MUST_CHECK;
void endpoint_inet_print(const struct endpoint *endpoint, char *text, size_t size);

/* The name is an address in digits, so nobody has to be asked for it. */
int endpoint_inet_is_literal(const char *name);

#endif
