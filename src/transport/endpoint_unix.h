/* SPDX-License-Identifier: ISC */
/* Unix endpoints as text, the functions of the row unix:, and what address_format prints of a path.
 */
#ifndef TRANSPORT_ENDPOINT_UNIX_H
#define TRANSPORT_ENDPOINT_UNIX_H

#include "transport/endpoint_scheme.h"

/* Longest path or abstract name of a Unix socket: sun_path without its NUL (unix(7)). */
#define ENDPOINT_UNIX_NAME_MAX 107

int endpoint_unix_parse(struct endpoint *endpoint, const struct endpoint_scheme *scheme,
                        const char *text, bool is_url, struct reason *why) MUST_CHECK;
void endpoint_unix_print(const struct endpoint *endpoint, char *text, size_t size);

/* Printable ASCII that endpoint_parse takes back, as unix:/path or, where bytes of an absolute path
 * need it, as unix:///path with %XX. A relative one is somebody else's; its bytes are escaped. */
void endpoint_unix_print_path(const char *path, size_t length, char *text, size_t size);

#endif
