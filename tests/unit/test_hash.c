/* SPDX-License-Identifier: ISC */
#include "base/hash.h"
#include "lib/testing.h"

/* The vectors of the authors' reference implementation: key 00 01 .. 0f, input 00 01 02 .. */
static void keyed(void **state)
{
    static const uint64_t key[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
    static const struct {
        size_t length;
        uint64_t hash;
    } vectors[] = {
        {0, UINT64_C(0x726fdb47dd0e0e31)},  {1, UINT64_C(0x74f839c593dc67fd)},
        {2, UINT64_C(0x0d6c8009d9a94f5a)},  {3, UINT64_C(0x85676696d7fb7e2d)},
        {8, UINT64_C(0x93f5f5799a932462)},  {15, UINT64_C(0xa129ca6149be45e5)},
        {16, UINT64_C(0x3f2acc7f57c29bdb)}, {63, UINT64_C(0x958a324ceb064572)},
    };
    unsigned char input[65];

    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        /* On an odd address too: the bytes need no alignment. */
        for (size_t start = 0; start < 2; start++) {
            for (size_t j = 0; j < 64; j++)
                input[start + j] = (unsigned char)j;
            assert_true(hash_keyed(key, input + start, vectors[i].length) == vectors[i].hash);
        }
    }
}

/* Vectors of the authors' page. */
static void fnv1a(void **state)
{
    static const struct {
        const char *text;
        uint64_t hash;
    } vectors[] = {
        {"", UINT64_C(0xcbf29ce484222325)},
        {"a", UINT64_C(0xaf63dc4c8601ec8c)},
        {"b", UINT64_C(0xaf63df4c8601f1a5)},
        {"foobar", UINT64_C(0x85944171f73967e8)},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        size_t length = strlen(vectors[i].text), half = length / 2;
        uint64_t hash = hash_fnv1a(HASH_FNV1A_START, vectors[i].text, half);

        assert_true(hash_fnv1a(hash, vectors[i].text + half, length - half) == vectors[i].hash);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keyed),
        cmocka_unit_test(fnv1a),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
