/* SPDX-License-Identifier: ISC */
/* --resolve: what an endpoint resolves to, by the names of the constants; and those names. */
#ifndef CLIENT_RESOLVE_H
#define CLIENT_RESOLVE_H

/* "AF_INET6", "SOCK_STREAM", "IPPROTO_TCP" ("0" for the default protocol of a family); never NULL.
 */
const char *resolve_family_name(int family);
const char *resolve_type_name(int type);
const char *resolve_protocol_name(int protocol);

#endif
