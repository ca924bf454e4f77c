/* SPDX-License-Identifier: ISC */
/* Addresses of Unix-domain sockets: unix(7). */
#ifndef TRANSPORT_ADDRESS_UNIX_H
#define TRANSPORT_ADDRESS_UNIX_H

#include "transport/address_family.h"

extern const struct address_family address_unix;

/* Fills storage and length. The name has at most ENDPOINT_UNIX_NAME_MAX bytes; that of an abstract
 * socket stands without its leading NUL. */
void address_unix_set(struct address *address, const char *name, size_t length, bool is_abstract);

/* The path, or NULL: an abstract or unnamed socket, another family. */
const char *address_unix_path(const struct address *address);

#endif
