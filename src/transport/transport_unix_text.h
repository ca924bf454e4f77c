/* SPDX-License-Identifier: ISC */
/* Unix endpoints as text: the parse and print slots of transport_unix. */
#ifndef TRANSPORT_TRANSPORT_UNIX_TEXT_H
#define TRANSPORT_TRANSPORT_UNIX_TEXT_H

#include "transport/endpoint.h"

int transport_unix_parse(struct endpoint *endpoint, const char *scheme, const char *text,
                         struct reason *why) MUST_CHECK;
void transport_unix_print(const struct endpoint *endpoint, char *text, size_t size);

#endif
