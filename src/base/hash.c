/* SPDX-License-Identifier: ISC */
#include "base/hash.h"

static uint64_t rotate(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static void rounds(uint64_t v[4], int count)
{
    while (count--) {
        v[0] += v[1];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[0] = rotate(v[0], 32);
        v[2] += v[3];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[2] = rotate(v[2], 32);
    }
}

/* Up to 8 bytes, little-endian. */
static uint64_t load(const unsigned char *bytes, size_t length)
{
    uint64_t word = 0;

    while (length--)
        word = word << 8 | bytes[length];
    return word;
}

static void take(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    rounds(v, 2);
    v[0] ^= word;
}

uint64_t hash_keyed(const uint64_t key[2], const void *bytes, size_t length)
{
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
                     key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573};
    const unsigned char *cursor = bytes;
    size_t left = length;

    for (; left >= 8; left -= 8, cursor += 8)
        take(v, load(cursor, 8));
    take(v, (uint64_t)length << 56 | load(cursor, left));
    v[2] ^= 0xff;
    rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t hash_fnv1a(uint64_t hash, const void *bytes, size_t length)
{
    const unsigned char *cursor = bytes;

    while (length--)
        hash = (hash ^ *cursor++) * 0x100000001b3;
    return hash;
}
