/* SPDX-License-Identifier: ISC */
#include "lib/room.h"
#include "lib/testing.h"
#include "transport/endpoint.h"
#include "transport/endpoint_scheme.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#define X10  "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10

static const struct {
    const char *text, *canonical;
    enum endpoint_kind kind;
    const char *name, *port_text;
} good[] = {
    {"unix:/tmp/echo.sock", "unix:/tmp/echo.sock", ENDPOINT_UNIX, "/tmp/echo.sock", ""},
    {"/tmp/echo.sock", "unix:/tmp/echo.sock", ENDPOINT_UNIX, "/tmp/echo.sock", ""},
    {"unix:///tmp/echo.sock", "unix:/tmp/echo.sock", ENDPOINT_UNIX, "/tmp/echo.sock", ""},
    {"UNIX:/tmp/Echo", "unix:/tmp/Echo", ENDPOINT_UNIX, "/tmp/Echo", ""},
    {"unix:echo.sock", "unix:./echo.sock", ENDPOINT_UNIX, "echo.sock", ""},
    {"./echo.sock", "unix:./echo.sock", ENDPOINT_UNIX, "echo.sock", ""},
    {".//./echo.sock", "unix:./echo.sock", ENDPOINT_UNIX, "echo.sock", ""},
    {"../echo.sock", "unix:../echo.sock", ENDPOINT_UNIX, "../echo.sock", ""},
    {"unix:..x", "unix:./..x", ENDPOINT_UNIX, "..x", ""},
    {"run/echo.sock", "unix:./run/echo.sock", ENDPOINT_UNIX, "run/echo.sock", ""},
    {"unix:localhost:7", "unix:./localhost:7", ENDPOINT_UNIX, "localhost:7", ""},
    {"//tmp/x", "unix:/tmp/x", ENDPOINT_UNIX, "/tmp/x", ""},
    {"unix:////tmp/x", "unix:/tmp/x", ENDPOINT_UNIX, "/tmp/x", ""},
    {"unix:///%2Ftmp/x", "unix:/tmp/x", ENDPOINT_UNIX, "/tmp/x", ""},
    {"unix:/a%20b", "unix:/a%20b", ENDPOINT_UNIX, "/a%20b", ""},
    {"unix:///a%20b", "unix:/a b", ENDPOINT_UNIX, "/a b", ""},
    {"unix:///a%3Fb%23", "unix:/a?b#", ENDPOINT_UNIX, "/a?b#", ""},
    {"unix:/a?b#c", "unix:/a?b#c", ENDPOINT_UNIX, "/a?b#c", ""},
    {"unix:/\xc3\xa4", "unix:/\xc3\xa4", ENDPOINT_UNIX, "/\xc3\xa4", ""},
    {"unix:./@x", "unix:./@x", ENDPOINT_UNIX, "@x", ""},
    {"unix:./unknown://x", "unix:./unknown://x", ENDPOINT_UNIX, "unknown://x", ""},
    {"a:/x", "unix:./a:/x", ENDPOINT_UNIX, "a:/x", ""},
    {"/" X100 "123456", "unix:/" X100 "123456", ENDPOINT_UNIX, "/" X100 "123456", ""},
    {"./" X100 "1234567", "unix:./" X100 "1234567", ENDPOINT_UNIX, X100 "1234567", ""},
    {"unix:@name", "unix:@name", ENDPOINT_UNIX, "name", ""},
    {"@name", "unix:@name", ENDPOINT_UNIX, "name", ""},
    {"@a/b:c", "unix:@a/b:c", ENDPOINT_UNIX, "a/b:c", ""},
    {"@a\\\\b", "unix:@a\\\\b", ENDPOINT_UNIX, "a\\b", ""},
    {"@\\x41\\x0A", "unix:@A\\x0a", ENDPOINT_UNIX, "A\n", ""},
    {"@\xff", "unix:@\\xff", ENDPOINT_UNIX, "\xff", ""},
    {"@" X100 "1234567", "unix:@" X100 "1234567", ENDPOINT_UNIX, X100 "1234567", ""},
    {"localhost:7777", "localhost:7777", ENDPOINT_TCP, "localhost", "7777"},
    {"tcp:localhost:7777", "localhost:7777", ENDPOINT_TCP, "localhost", "7777"},
    {"tcp://localhost:7777/", "localhost:7777", ENDPOINT_TCP, "localhost", "7777"},
    {"tcp://localhost:7777", "localhost:7777", ENDPOINT_TCP, "localhost", "7777"},
    {"TCP:localhost:0", "localhost:0", ENDPOINT_TCP, "localhost", "0"},
    {"tcp4:localhost:7", "tcp4:localhost:7", ENDPOINT_TCP, "localhost", "7"},
    {"tcp6://localhost:7/", "tcp6:localhost:7", ENDPOINT_TCP, "localhost", "7"},
    {"127.0.0.1:65535", "127.0.0.1:65535", ENDPOINT_TCP, "127.0.0.1", "65535"},
    {"tcp4:127.0.0.1:7", "tcp4:127.0.0.1:7", ENDPOINT_TCP, "127.0.0.1", "7"},
    {"[::1]:7777", "[::1]:7777", ENDPOINT_TCP, "::1", "7777"},
    {"[0:0::0001]:7", "[::1]:7", ENDPOINT_TCP, "::1", "7"},
    {"tcp6:[::1]:7", "tcp6:[::1]:7", ENDPOINT_TCP, "::1", "7"},
    {"[::1]", "[::1]", ENDPOINT_TCP, "::1", ""},
    {"[::]:7", "[::]:7", ENDPOINT_TCP, "::", "7"},
    {"[fe80::1%eth0]:7777", "[fe80::1%eth0]:7777", ENDPOINT_TCP, "fe80::1%eth0", "7777"},
    {"tcp://[fe80::1%25eth0]:7/", "[fe80::1%eth0]:7", ENDPOINT_TCP, "fe80::1%eth0", "7"},
    {"tcp6://[fe80::1%25eth0]:7", "tcp6:[fe80::1%eth0]:7", ENDPOINT_TCP, "fe80::1%eth0", "7"},
    {"tcp://[fe80::1%2525]:7", "[fe80::1%25]:7", ENDPOINT_TCP, "fe80::1%25", "7"},
    {"tcp://[fe80::1%eth0]:7", "[fe80::1%eth0]:7", ENDPOINT_TCP, "fe80::1%eth0", "7"},
    {"[fe80::1%25]:7", "[fe80::1%25]:7", ENDPOINT_TCP, "fe80::1%25", "7"},
    {"[fe80::1%250]:7", "[fe80::1%250]:7", ENDPOINT_TCP, "fe80::1%250", "7"},
    {"*:7777", "*:7777", ENDPOINT_TCP, "*", "7777"},
    {":7777", "*:7777", ENDPOINT_TCP, "*", "7777"},
    {"tcp::7777", "*:7777", ENDPOINT_TCP, "*", "7777"},
    {"tcp4:*:7777", "tcp4:*:7777", ENDPOINT_TCP, "*", "7777"},
    {"*", "*", ENDPOINT_TCP, "*", ""},
    {"host", "host", ENDPOINT_TCP, "host", ""},
    {"host:echo", "host:echo", ENDPOINT_TCP, "host", "echo"},
    {"my_host-1.example.", "my_host-1.example.", ENDPOINT_TCP, "my_host-1.example.", ""},
    {"tcp:unix:7", "tcp:unix:7", ENDPOINT_TCP, "unix", "7"},
    {"tcp:udp:7", "tcp:udp:7", ENDPOINT_TCP, "udp", "7"},
    {"tcp6:fd:7", "tcp6:fd:7", ENDPOINT_TCP, "fd", "7"},
    {"unix", "unix", ENDPOINT_TCP, "unix", ""},
    {"tcp:unix", "unix", ENDPOINT_TCP, "unix", ""},
    {"echo.sock", "echo.sock", ENDPOINT_TCP, "echo.sock", ""},
    {"mptcp:localhost:7", "mptcp:localhost:7", ENDPOINT_MPTCP, "localhost", "7"},
    {"MPTCP://[::1]:7/", "mptcp:[::1]:7", ENDPOINT_MPTCP, "::1", "7"},
    {"mptcp::7", "mptcp:*:7", ENDPOINT_MPTCP, "*", "7"},
    {"mptcp:unix:7", "mptcp:unix:7", ENDPOINT_MPTCP, "unix", "7"},
    {"tcp:mptcp:7", "tcp:mptcp:7", ENDPOINT_TCP, "mptcp", "7"},
    {"mptcp4:localhost:7", "mptcp4:localhost:7", ENDPOINT_MPTCP, "localhost", "7"},
    {"mptcp6:localhost", "mptcp6:localhost", ENDPOINT_MPTCP, "localhost", ""},
    {"systemd:", "systemd:", ENDPOINT_SYSTEMD, "", ""},
    {"systemd:web@1", "systemd:web@1", ENDPOINT_SYSTEMD, "web@1", ""},
    {"fd:3", "fd:3", ENDPOINT_FD, "", "3"},
};

static void parses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct endpoint endpoint, again;
        char text[ENDPOINT_TEXT_SIZE];
        struct reason why;

        if (endpoint_parse(&endpoint, good[i].text, &why) < 0)
            fail_msg("%s", why.text);
        assert_string_equal(endpoint_format(&endpoint, text, sizeof text), good[i].canonical);
        assert_int_equal(endpoint.kind, good[i].kind);
        assert_true(endpoint.is_abstract == (strncmp(good[i].canonical, "unix:@", 6) == 0));
        assert_string_equal(endpoint.name, good[i].name);
        assert_int_equal(endpoint.length, strlen(good[i].name));
        assert_string_equal(endpoint.port_text, good[i].port_text);
        assert_int_equal(endpoint_parse(&again, text, NULL), 0);
        assert_int_equal(endpoint_compare(&endpoint, &again), 0);
        assert_memory_equal(&endpoint, &again, sizeof endpoint);
    }
}

/* Each with a word of what to write instead. */
static const struct {
    const char *text, *advice;
    enum reason_word word;
} bad[] = {
    {"", "write unix:/tmp/echo.sock", REASON_USAGE},
    {"unix:", "write unix:/tmp/echo.sock", REASON_USAGE},
    {"unix:@", "write unix:@NAME", REASON_USAGE},
    {"@", "write unix:@NAME", REASON_USAGE},
    {"unix://tmp/x", "write unix:/tmp/x or unix:///tmp/x", REASON_USAGE},
    {"unix://", "two slashes", REASON_USAGE},
    {"unix://\xc3\xa4/x", "unix:/\\xc3\\xa4/x", REASON_USAGE},
    {"fe80::1%\xc3:7", "write [fe80::1%\\xc3]:PORT", REASON_USAGE},
    {"unix://localhost/tmp/x", "two slashes", REASON_USAGE},
    {"unix:///", "ends in '/'", REASON_USAGE},
    {"unix:/tmp/", "ends in '/'", REASON_USAGE},
    {"/", "ends in '/'", REASON_USAGE},
    {"./", "no path", REASON_USAGE},
    {"localhost:7777/", "ends in '/'", REASON_USAGE},
    {"unix:///a%00b", "%00 is not possible", REASON_USAGE},
    {"unix:///a%0ab", "%0A is not possible", REASON_USAGE},
    {"unix:///a%2", "write it as %25", REASON_USAGE},
    {"unix:///a%zz", "write it as %25", REASON_USAGE},
    {"unix:///a?b", "as %3F", REASON_USAGE},
    {"unix:///a#b", "as %23", REASON_USAGE},
    {"unix:/a\nb", "control bytes", REASON_USAGE},
    {"@a\x7f", "write \\xNN", REASON_USAGE},
    {"@a\\q", "\\xNN with two", REASON_USAGE},
    {"@a\\x1", "\\xNN with two", REASON_USAGE},
    {"@a\\", "\\xNN with two", REASON_USAGE},
    {"/" X100 "1234567", "108 bytes", REASON_TOOLONG},
    {"/" X100 X100 X100 X100 X100, "501 bytes", REASON_TOOLONG},
    {"unix:///" X100 X100 X100 X100 X100, "a shorter one", REASON_TOOLONG},
    {"@" X100 "12345678", "108 bytes", REASON_TOOLONG},
    {"unknown://x", "unknown scheme", REASON_USAGE},
    {"http://localhost:80/", "unknown scheme", REASON_USAGE},
    {"::1:7", "write [::1]:PORT", REASON_USAGE},
    {"::1", "write [::1]:7777", REASON_USAGE},
    {"fe80::1%eth0:7", "write [fe80::1%eth0]:PORT", REASON_USAGE},
    {"tcp:::1:7", "write [::1]:PORT", REASON_USAGE},
    {"tcp6:::1:7", "write [::1]:PORT", REASON_USAGE},
    {"a:b:c", "more than one ':'", REASON_USAGE},
    {"7777", "write localhost:7777", REASON_USAGE},
    {"tcp:7777", "write localhost:7777", REASON_USAGE},
    {"tcp:", "write tcp:localhost:7777", REASON_USAGE},
    {"tcp://", "write tcp:localhost:7777", REASON_USAGE},
    {":", "write HOST:7777", REASON_USAGE},
    {"localhost:", "write HOST:7777", REASON_USAGE},
    {"localhost:65536", "0 to 65535", REASON_USAGE},
    {"localhost:+7", "0 to 65535", REASON_USAGE},
    {"localhost:-7", "0 to 65535", REASON_USAGE},
    {"localhost:07", "0 to 65535", REASON_USAGE},
    {"localhost: 7", "0 to 65535", REASON_USAGE},
    {"localhost:7 ", "0 to 65535", REASON_USAGE},
    {"localhost:7x", "0 to 65535", REASON_USAGE},
    {"localhost:0x7", "0 to 65535", REASON_USAGE},
    {"localhost:1e3", "0 to 65535", REASON_USAGE},
    {"localhost:99999999999999999999", "0 to 65535", REASON_USAGE},
    {"localhost:\xd9\xa7", "0 to 65535", REASON_USAGE},
    {"localhost:e(ho", "HOST:echo", REASON_USAGE},
    {"localhost:a-service-name-of-40-letters-is-too-long", "a number", REASON_USAGE},
    {"tcp4:[::1]:7", "write tcp6:[::1]:PORT", REASON_USAGE},
    {"tcp6:127.0.0.1:7", "write tcp4:127.0.0.1:PORT", REASON_USAGE},
    {"[fe80::1]:7", "write [fe80::1%eth0]:PORT", REASON_USAGE},
    {"[ff02::1]:7", "write [ff02::1%eth0]:PORT", REASON_USAGE},
    {"[fe80::1%]:7", "write [fe80::1%eth0]:PORT", REASON_USAGE},
    {"[fe80::1%sixteen-letters-]:7", "write [fe80::1%eth0]:PORT", REASON_USAGE},
    {"[fe80::1%0]:7", "interface 0 does not exist: write the interface's name", REASON_USAGE},
    {"tcp://[fe80::1%250]:7", "interface 0 does not exist", REASON_USAGE},
    {"[fe80::1%25eth0]:7", "%25 is for URLs (tcp://): write [fe80::1%eth0]:PORT", REASON_USAGE},
    {"tcp6:[fe80::1%25eth0]:7", "write [fe80::1%eth0]:PORT", REASON_USAGE},
    {"[fe80::1%25\xc3]:7", "write [fe80::1%\\xc3]:PORT", REASON_USAGE},
    {"tcp://[fe80::1%25]:7", "no name of an interface", REASON_USAGE},
    {"[::1%lo]:7", "write [::1]:PORT", REASON_USAGE},
    {"[::ffff:127.0.0.1]:7", "write 127.0.0.1:PORT", REASON_USAGE},
    {"[::1", "[::1]:7777", REASON_USAGE},
    {"[::1]7", "[::1]:7777", REASON_USAGE},
    {"[::1]:", "write HOST:7777", REASON_USAGE},
    {"[localhost]:7", "without brackets", REASON_USAGE},
    {"[]:7", "no IPv6 address", REASON_USAGE},
    {"[1::2::3]:7", "no IPv6 address", REASON_USAGE},
    {"1.2.3:7", "four numbers", REASON_USAGE},
    {"01.2.3.4:7", "four numbers", REASON_USAGE},
    {"256.0.0.1:7", "four numbers", REASON_USAGE},
    {"127.0.0.1.5", "four numbers", REASON_USAGE},
    {"0x7f.1:7", "four numbers", REASON_USAGE},
    {"0x7f000001:7", "four numbers", REASON_USAGE},
    {"tcp://user@localhost:7", "no user names", REASON_USAGE},
    {"a@b", "no user names", REASON_USAGE},
    {"tcp://localhost:7/x", "no path, query", REASON_USAGE},
    {"tcp://localhost:7//", "no path, query", REASON_USAGE},
    {"tcp:localhost:7/", "no path, query", REASON_USAGE},
    {"tcp://localhost:7?x", "no path, query", REASON_USAGE},
    {"tcp://localhost:7/#x", "no path, query", REASON_USAGE},
    {"local host:7", "not the name of a host", REASON_USAGE},
    {" localhost:7", "not the name of a host", REASON_USAGE},
    {"h\xc3\xb6st:7", "xn--", REASON_USAGE},
    {"-h:7", "not the name of a host", REASON_USAGE},
    {"a..b:7", "not the name of a host", REASON_USAGE},
    {"**:7", "not the name of a host", REASON_USAGE},
    {X100 X100 X100 ":7", "at most 253", REASON_TOOLONG},
    {X100 X100 X100 X100 X100 X100 ":7", "too long", REASON_TOOLONG},
    {"mptcp4:[::1]:7", "mptcp4: write mptcp6:[::1]:PORT", REASON_USAGE},
    {"mptcp6:127.0.0.1:7", "mptcp6: write mptcp4:127.0.0.1:PORT", REASON_USAGE},
    {"udp:localhost:7", "not supported in this version", REASON_USAGE},
    {"UNIX-DGRAM:/tmp/x", "not supported in this version", REASON_USAGE},
    {"unix-seqpacket:/tmp/x", "not supported in this version", REASON_USAGE},
    {"vsock:2:7", "not supported in this version", REASON_USAGE},
    {"systemd:a:b", "write systemd:NAME", REASON_USAGE},
    {"systemd:" X100 X100 X100, "at most 255", REASON_TOOLONG},
    {"fd:", "as in fd:3", REASON_USAGE},
    {"fd:x", "as in fd:3", REASON_USAGE},
    {"fd:03", "as in fd:3", REASON_USAGE},
    {"fd:1", "1, standard output, is for", REASON_USAGE},
    {"fd:2", "2, standard error, is for", REASON_USAGE},
    {"fd:-1", "as in fd:3", REASON_USAGE},
    {"fd:2147483648", "as in fd:3", REASON_USAGE},
};

static void refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct endpoint endpoint;
        struct reason why;

        if (endpoint_parse(&endpoint, bad[i].text, &why) == 0)
            fail_msg("\"%s\" was taken for an endpoint", bad[i].text);
        if (why.word != bad[i].word || !strstr(why.text, bad[i].advice))
            fail_msg("\"%s\": %s: %s", bad[i].text, reason_name(why.word), why.text);
        for (const char *c = why.text; *c; c++)
            assert_true(*c >= 0x20 && *c <= 0x7e);
        assert_true(strlen(why.text) < sizeof why.text - 1);
        assert_int_equal(endpoint_parse(&endpoint, bad[i].text, NULL), -1);
    }
}

static void keeps_every_byte_of_an_abstract_name(void **state)
{
    char text[ENDPOINT_TEXT_SIZE] = "@", canonical[ENDPOINT_TEXT_SIZE];
    struct endpoint endpoint, again;

    (void)state;
    for (unsigned byte = 0; byte < 100; byte++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "\\x%02x", byte);
    assert_int_equal(endpoint_parse(&endpoint, text, NULL), 0);
    assert_int_equal(endpoint.length, 100);
    for (unsigned byte = 0; byte < 100; byte++)
        assert_int_equal(endpoint.name[byte], byte);
    endpoint_format(&endpoint, canonical, sizeof canonical);
    assert_int_equal(endpoint_parse(&again, canonical, NULL), 0);
    assert_int_equal(endpoint_compare(&endpoint, &again), 0);
}

static void orders(void **state)
{
    static const char *const different[] = {
        "/a",  "/b", "@a",       "@a\\x00",   "h:7",        "h:8",  "tcp4:h:7", "tcp6:h:7",
        "i:7", "h",  "systemd:", "systemd:a", "systemd:ab", "fd:3", "fd:4"};

    (void)state;
    for (size_t i = 0; i < COUNT(different); i++)
        for (size_t j = 0; j < COUNT(different); j++) {
            struct endpoint a, b;
            int order;

            assert_int_equal(endpoint_parse(&a, different[i], NULL), 0);
            assert_int_equal(endpoint_parse(&b, different[j], NULL), 0);
            order = endpoint_compare(&a, &b);
            assert_true((order == 0) == (i == j));
            assert_true((order < 0) == (endpoint_compare(&b, &a) > 0));
        }
}

static void makes_absolute(void **state)
{
    char directory[DIRECTORY_SIZE], text[ENDPOINT_TEXT_SIZE], expected[DIRECTORY_SIZE + 32];
    struct endpoint endpoint;
    struct reason why;

    (void)state;
    make_test_directory(directory);
    assert_int_equal(chdir(directory), 0);
    assert_int_equal(endpoint_parse(&endpoint, "./echo.sock", NULL), 0);
    assert_int_equal(endpoint_make_absolute(&endpoint, &why), 0);
    snprintf(expected, sizeof expected, "unix:%s/echo.sock", directory);
    assert_string_equal(endpoint_format(&endpoint, text, sizeof text), expected);
    assert_int_equal(endpoint.length, strlen(endpoint.name));
    assert_int_equal(endpoint_make_absolute(&endpoint, &why), 0);
    assert_string_equal(endpoint_format(&endpoint, text, sizeof text), expected);

    assert_int_equal(endpoint_parse(&endpoint, "./" X100, NULL), 0);
    assert_int_equal(endpoint_make_absolute(&endpoint, &why), -1);
    assert_int_equal(why.word, REASON_TOOLONG);
    assert_non_null(strstr(why.text, "shorter"));

    assert_int_equal(endpoint_parse(&endpoint, "h:7", NULL), 0);
    assert_int_equal(endpoint_make_absolute(&endpoint, &why), 0);
    assert_string_equal(endpoint_format(&endpoint, text, sizeof text), "h:7");

    assert_int_equal(rmdir(directory), 0);
    assert_int_equal(endpoint_parse(&endpoint, "./x", NULL), 0);
    assert_int_equal(endpoint_make_absolute(&endpoint, &why), -1);
    assert_int_equal(why.word, REASON_NOENT);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(endpoint_make_absolute(&endpoint, &why), 0);
    assert_string_equal(endpoint_format(&endpoint, text, sizeof text), "unix:/x");
}

/* The tables above have each scheme, and refuse each reserved word. */
static void every_scheme(void **state)
{
    const struct endpoint_scheme *scheme;

    (void)state;
    for (size_t i = 0; (scheme = endpoint_scheme_at(i)); i++) {
        size_t length = strlen(scheme->name), count = 0;

        for (size_t j = 0; j < (scheme->is_reserved ? COUNT(bad) : COUNT(good)); j++) {
            const char *text = scheme->is_reserved ? bad[j].text : good[j].text;

            count += strncasecmp(text, scheme->name, length) == 0 && text[length] == ':';
        }
        if (count == 0)
            fail_msg("tests/unit/test_endpoint.c: no %s: among the %s endpoints", scheme->name,
                     scheme->is_reserved ? "bad" : "good");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scheme), cmocka_unit_test(parses),
        cmocka_unit_test(refuses),      cmocka_unit_test(keeps_every_byte_of_an_abstract_name),
        cmocka_unit_test(orders),       cmocka_unit_test(makes_absolute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
