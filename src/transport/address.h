/* SPDX-License-Identifier: ISC */
/* One socket address that an endpoint resolves to, or the peer of a connection. A value. */
#ifndef TRANSPORT_ADDRESS_H
#define TRANSPORT_ADDRESS_H

#include "transport/address_value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for any address_format result. */
#define ADDRESS_TEXT_SIZE 512

/* As an endpoint is written: "unix:/tmp/echo.sock", "127.0.0.1:7777", "[::1]:7777",
 * "mptcp:127.0.0.1:7777"; printable ASCII only. "unix:" for an unnamed Unix socket. Returns text.
 */
const char *address_format(const struct address *address, char *text, size_t size);

/* The names of the constants: "AF_INET6", "SOCK_STREAM", "IPPROTO_TCP" ("0" for the default
 * protocol of a family); never NULL. */
const char *address_family_name(int family);
const char *address_type_name(int type);
const char *address_protocol_name(int protocol);

/* A total order over family, address and port. */
int address_compare(const struct address *a, const struct address *b);

/* Whether addresses of its family have one. */
bool address_has_port(const struct address *address);
/* The port in host order; 0 where the family has none. address_set_port does nothing there. */
uint32_t address_port(const struct address *address);
void address_set_port(struct address *address, uint32_t port);

/* Only this machine can reach it: loopback and every Unix socket. */
bool address_is_local(const struct address *address);

/* Who counts as one source for limits: the IPv4 address or the IPv6 /64, as 16 bytes; the port and
 * the rest are zero. Returns 0, or -1 where the family has no such thing (Unix). */
int address_source(const struct address *address, unsigned char source[16]);

enum address_overlap address_overlap(const struct address *a, const struct address *b);

#endif
