/* SPDX-License-Identifier: ISC */
#include "measure/pattern.h"

#include "base/clock.h"

#include <endian.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define SEEDS UINT64_C(1000000000)

/* The finalizer of splitmix64: every bit of the input reaches every bit of the result. */
static uint64_t mix(uint64_t value)
{
    value += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

uint64_t pattern_choose_seed(void)
{
    uint64_t value;

    /* Early at boot there may be no random bytes yet; two runs at once still differ. */
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) != (ssize_t)sizeof value)
        value = mix(clock_now_ns() ^ mix((uint64_t)getpid()));
    return value % SEEDS;
}

void pattern_init(struct pattern *pattern, uint64_t seed, uint64_t connection)
{
    pattern->key = mix(mix(seed) ^ connection);
}

/* The eight bytes of a word in the order of memory, the same on every machine. */
static uint64_t word_at(const struct pattern *pattern, uint64_t index)
{
    return htole64(mix(pattern->key + index * UINT64_C(0x9e3779b97f4a7c15)));
}

void pattern_fill(const struct pattern *pattern, uint64_t offset, void *bytes, size_t length)
{
    unsigned char *cursor = bytes;

    while (length) {
        size_t skip = offset % 8;
        size_t step = 8 - skip < length ? 8 - skip : length;
        uint64_t word = word_at(pattern, offset / 8);

        memcpy(cursor, (const unsigned char *)&word + skip, step);
        cursor += step;
        offset += step;
        length -= step;
        for (; length >= 8; cursor += 8, offset += 8, length -= 8) {
            word = word_at(pattern, offset / 8);
            memcpy(cursor, &word, 8);
        }
    }
}

size_t pattern_equal(const struct pattern *pattern, uint64_t offset, const void *bytes,
                     size_t length)
{
    const unsigned char *cursor = bytes;
    unsigned char expected[512];
    size_t done = 0;

    while (done < length) {
        size_t step = length - done < sizeof expected ? length - done : sizeof expected;

        pattern_fill(pattern, offset + done, expected, step);
        if (memcmp(expected, cursor + done, step) != 0) {
            for (size_t i = 0; i < step; i++)
                if (expected[i] != cursor[done + i])
                    return done + i;
        }
        done += step;
    }
    return length;
}
