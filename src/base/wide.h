/* SPDX-License-Identifier: ISC */
/* Exact arithmetic beyond 64 bits, the same on machines that have no type of 128 bits. */
#ifndef BASE_WIDE_H
#define BASE_WIDE_H

#include <stdint.h>

struct wide {
    uint64_t high, low;
};

static inline struct wide wide_product(uint64_t a, uint64_t b)
{
    uint64_t ah = a >> 32, al = (uint32_t)a, bh = b >> 32, bl = (uint32_t)b;
    uint64_t middle, other;

    /* Most products are small. */
    if (!(ah | bh))
        return (struct wide){0, al * bl};
    middle = ah * bl + (al * bl >> 32);
    other = al * bh + (uint32_t)middle;
    return (struct wide){ah * bh + (middle >> 32) + (other >> 32), a * b};
}

/* Sum and difference are modulo 2^128. */
static inline struct wide wide_sum(struct wide a, struct wide b)
{
    uint64_t low = a.low + b.low;

    return (struct wide){a.high + b.high + (low < b.low), low};
}

static inline struct wide wide_difference(struct wide a, struct wide b)
{
    return (struct wide){a.high - b.high - (a.low < b.low), a.low - b.low};
}

static inline double wide_to_double(struct wide a)
{
    return (double)a.high * 0x1p64 + (double)a.low;
}

/* The fraction is cut off; 0 <= a < 2^128. */
static inline struct wide wide_from_double(double a)
{
    uint64_t high = (uint64_t)(a / 0x1p64);

    return (struct wide){high, (uint64_t)(a - (double)high * 0x1p64)};
}

/* value * times / by, rounded down or up: exact where the result and (times + 1) * by fit into 64
 * bits. */
static inline uint64_t wide_scale(uint64_t value, uint64_t times, uint64_t by)
{
    return value / by * times + value % by * times / by;
}

static inline uint64_t wide_scale_up(uint64_t value, uint64_t times, uint64_t by)
{
    return value / by * times + (value % by * times + by - 1) / by;
}

#endif
