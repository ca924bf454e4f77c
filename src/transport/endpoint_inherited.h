/* SPDX-License-Identifier: ISC */
/* Inherited sockets as text: the functions of the rows systemd: and fd:. */
#ifndef TRANSPORT_ENDPOINT_INHERITED_H
#define TRANSPORT_ENDPOINT_INHERITED_H

#include "transport/endpoint_scheme.h"

int endpoint_inherited_parse_name(struct endpoint *endpoint, const struct endpoint_scheme *scheme,
                                  const char *text, bool is_url, struct reason *why) MUST_CHECK;
void endpoint_inherited_print_name(const struct endpoint *endpoint, char *text, size_t size);

int endpoint_inherited_parse_fd(struct endpoint *endpoint, const struct endpoint_scheme *scheme,
                                const char *text, bool is_url, struct reason *why) MUST_CHECK;
void endpoint_inherited_print_fd(const struct endpoint *endpoint, char *text, size_t size);

#endif
