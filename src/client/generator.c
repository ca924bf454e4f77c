/* SPDX-License-Identifier: ISC */
#include "client/generator.h"

static int generate(struct exchange *exchange, struct reason *why)
{
    struct generator *generator = exchange->context;
    uint64_t left = exchange->planned - generator->generated;
    size_t length = left < generator->piece ? (size_t)left : generator->piece;

    (void)why; /* generating cannot fail */
    pattern_fill(&generator->pattern, generator->generated, generator->chunk, length);
    generator->generated += length;
    exchange->pending = generator->chunk;
    exchange->pending_length = length;
    exchange->exhausted = generator->generated == exchange->planned;
    return 0;
}

void generator_init(struct generator *generator, struct exchange *exchange, int fd, uint64_t seed,
                    uint64_t connection, const struct trace *trace, uint64_t timeout_ns)
{
    generator->generated = 0;
    generator->piece = sizeof generator->chunk;
    pattern_init(&generator->pattern, seed, connection);
    compare_init_pattern(&generator->compare, &generator->pattern);
    exchange_init(exchange, fd, &generator->compare, trace, timeout_ns);
    exchange->planned = 0;
    exchange->exhausted = true;
    exchange->refill = generate;
    exchange->context = generator;
}

void generator_offer(struct exchange *exchange, uint64_t bytes)
{
    exchange->planned += bytes;
    exchange->exhausted = bytes == 0;
}
