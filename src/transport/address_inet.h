/* SPDX-License-Identifier: ISC */
/* IPv4 and IPv6 addresses: ip(7), ipv6(7). */
#ifndef TRANSPORT_ADDRESS_INET_H
#define TRANSPORT_ADDRESS_INET_H

#include "transport/address_family.h"

extern const struct address_family address_inet;
extern const struct address_family address_inet6;

/* What a dual-stack IPv6 socket says of IPv4 (::ffff:192.0.2.1) becomes an address of IPv4; any
 * other stays as it is. */
void address_inet_normalise(struct address *address);

#endif
