/* SPDX-License-Identifier: ISC */
/* Offers a generated stream to an exchange, piece by piece, in constant memory. */
#ifndef CLIENT_GENERATOR_H
#define CLIENT_GENERATOR_H

#include "client/exchange.h"
#include "measure/pattern.h"

#include <stddef.h>
#include <stdint.h>

struct generator {
    struct pattern pattern;
    struct compare compare;
    uint64_t generated;
    size_t piece; /* bytes of one send at most */
    unsigned char chunk[EXCHANGE_CHUNK];
};

/* Makes the exchange over fd one of the generated stream of that connection number. Nothing is
 * offered until generator_offer. */
void generator_init(struct generator *generator, struct exchange *exchange, int fd, uint64_t seed,
                    uint64_t connection, const struct trace *trace, uint64_t timeout_ns);

/* The next bytes of the stream go out. */
void generator_offer(struct exchange *exchange, uint64_t bytes);

#endif
