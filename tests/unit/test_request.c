/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "client/request.h"
#include "lib/testing.h"

static const struct options_row *row_of(const char *name)
{
    for (const struct options_row *row = request_options; row->letter; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    fail_msg("no option is called %s", name);
    return NULL;
}

static int set(struct request *request, const char *name, const char *argument, struct reason *why)
{
    return request_option(request, row_of(name), argument, why);
}

static void modes(void **state)
{
    static char endpoint[] = "unix:/x", hello[] = "hello", you[] = "you";
    static char *const operands[] = {endpoint, hello, you};
    static const struct {
        const char *option;
        size_t operands;
        enum request_mode mode;
    } rows[] = {
        {NULL, 1, REQUEST_COPY},           {NULL, 2, REQUEST_MESSAGE},
        {NULL, 3, REQUEST_MESSAGE},        {"verify", 1, REQUEST_VERIFY},
        {"ping", 1, REQUEST_PING},         {"selftest", 1, REQUEST_SELFTEST},
        {"check", 1, REQUEST_CHECK},       {"resolve", 1, REQUEST_RESOLVE},
        {"services", 0, REQUEST_SERVICES}, {"services", 3, REQUEST_SERVICES},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct request request;
        struct reason why;

        request_init(&request);
        if (rows[i].option)
            assert_int_equal(set(&request, rows[i].option, NULL, &why), 0);
        assert_int_equal(request_finish(&request, operands, rows[i].operands, &why), 0);
        assert_int_equal(request.mode, rows[i].mode);
        if (rows[i].mode == REQUEST_SERVICES) {
            assert_int_equal(request.operand_count, rows[i].operands);
            continue;
        }
        assert_string_equal(request.name, "unix:/x");
        assert_int_equal(request.operand_count, rows[i].operands - 1);
        assert_ptr_equal(request.operands, operands + 1);
    }
}

static void defaults(void **state)
{
    static char endpoint[] = "localhost:7";
    static char *const operands[] = {endpoint};
    struct request request;
    struct reason why;

    (void)state;
    request_init(&request);
    assert_int_equal(request_finish(&request, operands, 1, &why), 0);
    assert_true(request.newline && request.compare);
    assert_false(request.json || request.quiet || request.trace.steps || request.trace.bytes);
    assert_true(request.connect_timeout_ns == 10 * NS_PER_S);
    assert_true(request.timeout_ns == 10 * NS_PER_S);
    assert_true(request.wait_until_ns == 0 && request.count == 0 && request.end_ns == 0);
    assert_true(request.interval_ns == NS_PER_S);
    assert_true(request.reply_timeout_ns == 2 * NS_PER_S);
    assert_true(request.silence_ns == 2 * NS_PER_S);
    assert_true(request.size == 64 << 20);

    request_init(&request);
    assert_int_equal(set(&request, "ping", NULL, &why), 0);
    assert_int_equal(request_finish(&request, operands, 1, &why), 0);
    assert_true(request.size == 56);
}

static void values(void **state)
{
    static char endpoint[] = "localhost:7";
    static char *const operands[] = {endpoint};
    struct request request;
    struct reason why;
    uint64_t start_ns = clock_now_ns();

    (void)state;
    request_init(&request);
    assert_int_equal(set(&request, "ping", NULL, &why), 0);
    assert_int_equal(set(&request, "count", "3", &why), 0);
    assert_int_equal(set(&request, "interval", "0.2", &why), 0);
    assert_int_equal(set(&request, "deadline", "1m", &why), 0);
    assert_int_equal(set(&request, "reply-timeout", "250ms", &why), 0);
    assert_int_equal(set(&request, "packet-size", "1KiB", &why), 0);
    assert_int_equal(set(&request, "ipv4", NULL, &why), 0);
    assert_int_equal(set(&request, "reconnect", NULL, &why), 0);
    assert_int_equal(request_finish(&request, operands, 1, &why), 0);
    assert_true(request.count == 3);
    assert_true(request.interval_ns == 200 * NS_PER_MS);
    /* From the start on, in every phase. */
    assert_true(request.end_ns >= start_ns + 60 * NS_PER_S &&
                request.end_ns <= clock_now_ns() + 60 * NS_PER_S);
    assert_true(request.reply_timeout_ns == 250 * NS_PER_MS);
    assert_true(request.connect_timeout_ns == 250 * NS_PER_MS);
    assert_true(request.size == 1024);
    assert_int_equal(request.endpoint.family, ENDPOINT_IPV4);
    assert_true(request.reconnect);
}

/* Every option that belongs to a mode is refused in one that it does not belong to: it either works
 * or says where it would. */
static void scopes(void **state)
{
    static const char *const everywhere[] = {"json", "version", "help"};
    static char endpoint[] = "localhost:7";
    static char *const operands[] = {endpoint};

    (void)state;
    for (const struct options_row *row = request_options; row->letter; row++) {
        struct request request;
        struct reason why;
        int refused = 0;

        for (size_t mode = 0; mode < 3; mode++) {
            static const char *const names[] = {"resolve", "ping", "verify"};

            request_init(&request);
            assert_int_equal(set(&request, names[mode], NULL, &why), 0);
            if (set(&request, row->name,
                    row->argument ? row->argument[0] == 'D' ? "1s" : "1" : NULL, &why) < 0 ||
                request_finish(&request, operands, 1, &why) < 0) {
                assert_int_equal(why.word, REASON_USAGE);
                refused++;
            }
        }
        for (size_t i = 0; i < COUNT(everywhere); i++)
            if (strcmp(everywhere[i], row->name) == 0)
                refused = refused ? -1 : 1;
        if (refused == 0 && strcmp(row->name, "ipv4") && strcmp(row->name, "ipv6") &&
            strcmp(row->name, "verbose"))
            fail_msg("--%s goes with every mode", row->name);
        assert_true(refused >= 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modes),
        cmocka_unit_test(defaults),
        cmocka_unit_test(values),
        cmocka_unit_test(scopes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
