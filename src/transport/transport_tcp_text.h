/* SPDX-License-Identifier: ISC */
/* TCP endpoints as text: the parse and print slots of transport_tcp. */
#ifndef TRANSPORT_TRANSPORT_TCP_TEXT_H
#define TRANSPORT_TRANSPORT_TCP_TEXT_H

#include "transport/endpoint.h"

int transport_tcp_parse(struct endpoint *endpoint, const char *scheme, const char *text,
                        struct reason *why) MUST_CHECK;
void transport_tcp_print(const struct endpoint *endpoint, char *text, size_t size);

/* The name is an address in digits, so nobody has to be asked for it. */
int transport_tcp_is_literal(const char *name);

#endif
