/* SPDX-License-Identifier: ISC */
#include "lib/testing.h"
#include "transport/address.h"
#include "transport/transport.h"

#include <sys/un.h>

static struct address address_of(const char *text)
{
    struct endpoint endpoint;
    struct address list[4];
    struct reason why;

    if (endpoint_parse(&endpoint, text, &why) < 0 ||
        transport_resolve(&endpoint, TRANSPORT_SERVER, list, COUNT(list), &why) < 0)
        fail_msg("%s", why.text);
    return list[0];
}

static const struct {
    const char *text;
    unsigned port;
    int local;
    const char *source; /* as printed by print_source, "" for none */
} table[] = {
    {"unix:/tmp/echo.sock", 0, 1, ""},
    {"unix:./echo.sock", 0, 1, ""},
    {"unix:../echo.sock", 0, 1, ""},
    {"unix:/a b'c\"d%20e?f#g", 0, 1, ""},
    {"unix:///a%5Cb", 0, 1, ""},
    {"unix:///%C3%A9%20%22%25%3F%23%5C~", 0, 1, ""},
    {"unix:@name\\x00\\x0a\\\\", 0, 1, ""},
    {"127.0.0.1:7777", 7777, 1, "00000000000000000000ffff7f000001"},
    {"127.1.2.3:0", 0, 1, "00000000000000000000ffff7f010203"},
    {"0.0.0.0:7", 7, 0, "00000000000000000000ffff00000000"},
    {"192.0.2.1:65535", 65535, 0, "00000000000000000000ffffc0000201"},
    {"mptcp:127.0.0.1:7778", 7778, 1, "00000000000000000000ffff7f000001"},
    {"[::1]:7777", 7777, 1, "00000000000000000000000000000000"},
    {"[::]:7", 7, 0, "00000000000000000000000000000000"},
    {"[2001:db8:1:2:3:4:5:6]:7", 7, 0, "20010db8000100020000000000000000"},
    {"[fe80::1%lo]:7", 7, 0, "fe800000000000000000000000000000"},
};

static void properties(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct address address = address_of(table[i].text);
        char text[ADDRESS_TEXT_SIZE], printed[33] = "";
        unsigned char source[16];

        assert_string_equal(address_format(&address, text, sizeof text), table[i].text);
        assert_int_equal(address_port(&address), table[i].port);
        assert_int_equal(address_is_local(&address), table[i].local);
        if (address_source(&address, source) == 0)
            for (size_t byte = 0; byte < sizeof source; byte++)
                snprintf(printed + 2 * byte, 3, "%02x", source[byte]);
        assert_string_equal(printed, table[i].source);
        address_set_port(&address, 4711);
        assert_int_equal(address_port(&address), table[i].source[0] ? 4711 : 0);
    }
}

static void order(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++)
        for (size_t j = 0; j < COUNT(table); j++) {
            struct address a = address_of(table[i].text), b = address_of(table[j].text);
            int result = address_compare(&a, &b);

            assert_true((result == 0) == (i == j));
            assert_true((result < 0) == (address_compare(&b, &a) > 0));
        }
}

/* Each path that there can be is printed as an endpoint of the same address. */
static void printed_and_taken_back(void **state)
{
    uint32_t chance = 1;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        char written[128] = "unix:/", text[ADDRESS_TEXT_SIZE];
        size_t used = strlen(written), end;

        chance = chance * 1664525u + 1013904223u;
        end = used + 1 + (chance >> 8) % 100;
        while (used < end) {
            unsigned char byte;

            chance = chance * 1664525u + 1013904223u;
            byte = (unsigned char)(chance >> 16);
            /* Not at the end: that is a directory. No control bytes: they are refused. */
            if (byte >= 0x20 && byte != 0x7f && byte != '/')
                written[used++] = (char)byte;
        }
        struct address address = address_of(written), again;

        address_format(&address, text, sizeof text);
        for (const char *c = text; *c; c++)
            assert_true(*c >= 0x20 && *c <= 0x7e);
        again = address_of(text);
        assert_int_equal(address_compare(&address, &again), 0);
    }
}

/* What no endpoint of ours makes, but a peer can have. */
static void foreign_addresses(void **state)
{
    struct address address = {.type = SOCK_STREAM, .length = sizeof(sa_family_t)};
    struct sockaddr_un *name = (struct sockaddr_un *)&address.storage;
    char text[ADDRESS_TEXT_SIZE];

    (void)state;
    address.storage.ss_family = AF_UNIX;
    assert_string_equal(address_format(&address, text, sizeof text), "unix:");
    memset(name->sun_path, '\n', sizeof name->sun_path);
    address.length = sizeof *name;
    address_format(&address, text, sizeof text);
    assert_int_equal(strlen(text), strlen("unix:./") + 4 * sizeof name->sun_path);
    address.storage.ss_family = AF_UNSPEC;
    assert_string_equal(address_format(&address, text, sizeof text), "(family 0)");
    assert_int_equal(address_port(&address), 0);
    assert_false(address_is_local(&address));
    assert_int_equal(address_source(&address, (unsigned char[16]){0}), -1);
}

/* IPv4 clients of somebody else's dual-stack socket count and look like themselves. */
static void mapped_addresses(void **state)
{
    struct address ipv4 = address_of("127.0.0.1:7"), mapped = address_of("[::1]:7");
    unsigned char source[16], expected[16];

    (void)state;
    memcpy((char *)&mapped.storage + 8, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1", 16);
    assert_true(address_is_local(&mapped));
    assert_int_equal(address_source(&ipv4, expected), 0);
    assert_int_equal(address_source(&mapped, source), 0);
    assert_memory_equal(source, expected, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(properties),
        cmocka_unit_test(order),
        cmocka_unit_test(printed_and_taken_back),
        cmocka_unit_test(foreign_addresses),
        cmocka_unit_test(mapped_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
