/* SPDX-License-Identifier: ISC */
/* What differs between the families of addresses. A row is one family: it is defined in the
 * family's file and listed in address.c. No function is NULL. Private to src/transport. */
#ifndef TRANSPORT_ADDRESS_FAMILY_H
#define TRANSPORT_ADDRESS_FAMILY_H

#include "transport/address_value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where addresses name a machine and a port. */
struct address_host {
    uint32_t (*port)(const struct address *address); /* in host order */
    void (*set_port)(struct address *address, uint32_t port);
    bool (*is_local)(const struct address *address);
    void (*source)(const struct address *address, unsigned char source[16]); /* all zero before */
};

struct address_family {
    int family;
    const char *name; /* of the constant */
    /* NULL where every address is on this machine and none has a port. */
    const struct address_host *host;
    void (*format)(const struct address *address, char *text, size_t size);
    /* Of two addresses of this family. */
    enum address_overlap (*overlap)(const struct address *a, const struct address *b);
};

#endif
