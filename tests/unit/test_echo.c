/* SPDX-License-Identifier: ISC */
#include "echo/echo.h"

#include "lib/testing.h"

#include <errno.h>
#include <stdlib.h>

static void plain_conversation(void **state)
{
    struct echo echo;

    (void)state;
    echo_init(&echo);
    assert_int_equal(echo_wants(&echo), ECHO_RECEIVE);
    echo_received(&echo, 10);
    assert_int_equal(echo_wants(&echo), ECHO_RETURN);
    echo_returned(&echo, 4);
    assert_int_equal(echo_held(&echo), 6);
    assert_int_equal(echo_wants(&echo), ECHO_RETURN);
    echo_returned(&echo, 6);
    assert_int_equal(echo_wants(&echo), ECHO_RECEIVE);
    echo_ended(&echo);
    assert_int_equal(echo_wants(&echo), ECHO_HALF_CLOSE);
    echo_half_closed(&echo);
    assert_int_equal(echo_wants(&echo), ECHO_CLOSE);
    assert_int_equal(echo.reason, ECHO_CLIENT_CLOSED);
}

static void half_close_waits_for_the_rest(void **state)
{
    struct echo echo;

    (void)state;
    echo_init(&echo);
    echo_received(&echo, 10);
    echo_ended(&echo);
    assert_int_equal(echo_wants(&echo), ECHO_RETURN);
    echo_returned(&echo, 10);
    assert_int_equal(echo_wants(&echo), ECHO_HALF_CLOSE);
    echo_half_closed(&echo);
    assert_int_equal(echo_wants(&echo), ECHO_CLOSE);
}

static void stop_returns_then_lingers(void **state)
{
    struct echo echo;

    (void)state;
    echo_init(&echo);
    echo_received(&echo, 10);
    echo_stop(&echo, ECHO_DRAIN);
    assert_int_equal(echo_wants(&echo), ECHO_RETURN);
    echo_returned(&echo, 10);
    assert_int_equal(echo_wants(&echo), ECHO_HALF_CLOSE);
    echo_half_closed(&echo);
    assert_int_equal(echo_wants(&echo), ECHO_DISCARD);
    echo_ended(&echo);
    assert_int_equal(echo_wants(&echo), ECHO_CLOSE);
    assert_int_equal(echo.reason, ECHO_DRAIN);
}

static void stop_while_flushing(void **state)
{
    struct echo echo;

    (void)state;
    echo_init(&echo);
    echo_received(&echo, 10);
    echo_ended(&echo);
    echo_stop(&echo, ECHO_WRITE_TIMEOUT);
    assert_int_equal(echo_wants(&echo), ECHO_RETURN);
    echo_returned(&echo, 10);
    echo_half_closed(&echo);
    assert_int_equal(echo_wants(&echo), ECHO_CLOSE);
    assert_int_equal(echo.reason, ECHO_WRITE_TIMEOUT);
}

static void first_stop_counts(void **state)
{
    struct echo echo;

    (void)state;
    echo_init(&echo);
    echo_stop(&echo, ECHO_IDLE);
    echo_stop(&echo, ECHO_DRAIN);
    assert_int_equal(echo.reason, ECHO_IDLE);
}

static void giving_up(void **state)
{
    static const struct {
        size_t held;
        bool unsent;
        enum echo_reason reason;
    } rows[] = {{0, false, ECHO_DRAIN},
                {1, false, ECHO_RESET_AFTER_LINGER},
                {0, true, ECHO_RESET_AFTER_LINGER}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct echo echo;

        echo_init(&echo);
        echo_received(&echo, rows[i].held);
        echo_stop(&echo, ECHO_DRAIN);
        echo_give_up(&echo, rows[i].unsent);
        assert_int_equal(echo_wants(&echo), ECHO_CLOSE);
        assert_int_equal(echo.reason, rows[i].reason);
    }
}

static void failures(void **state)
{
    struct echo echo;

    (void)state;
    echo_init(&echo);
    echo_received(&echo, 5);
    echo_failed(&echo, ECHO_CLIENT_RESET, ECONNRESET);
    assert_int_equal(echo_wants(&echo), ECHO_CLOSE);
    assert_int_equal(echo.reason, ECHO_CLIENT_RESET);
    assert_int_equal(echo.code, ECONNRESET);

    /* A client that resets what we are ending anyway does not change why it ended. */
    echo_init(&echo);
    echo_stop(&echo, ECHO_IDLE);
    echo_failed(&echo, ECHO_CLIENT_RESET, EPIPE);
    assert_int_equal(echo.reason, ECHO_IDLE);
}

/* Random histories: the promises hold after every event, and each history comes to its end. */
static void invariants(void **state)
{
    (void)state;
    srandom(1);
    for (int history = 0; history < 20000; history++) {
        struct echo echo;
        uint64_t received = 0, returned = 0;
        bool closed = false;

        echo_init(&echo);
        for (int step = 0; step < 60; step++) {
            unsigned wants = echo_wants(&echo);
            unsigned length = 1 + (unsigned)random() % 64;

            assert_true(wants != 0);
            if (closed)
                assert_int_equal(wants, ECHO_CLOSE);
            closed = wants & ECHO_CLOSE;
            if (wants & ECHO_RECEIVE)
                assert_true(echo_held(&echo) == 0);
            if (wants & (ECHO_HALF_CLOSE | ECHO_DISCARD))
                assert_true(echo_held(&echo) == 0);
            switch (random() % 8) {
            case 0:
                if (wants & (ECHO_RECEIVE | ECHO_DISCARD))
                    echo_ended(&echo);
                break;
            case 1:
                if (history % 2)
                    echo_stop(&echo, ECHO_DRAIN);
                break;
            default:
                if (wants & ECHO_RECEIVE) {
                    echo_received(&echo, length);
                    received += length;
                } else if (wants & ECHO_RETURN) {
                    if (length > echo_held(&echo))
                        length = (unsigned)echo_held(&echo);
                    echo_returned(&echo, length);
                    returned += length;
                } else if (wants & ECHO_HALF_CLOSE) {
                    assert_true(received == returned);
                    echo_half_closed(&echo);
                }
            }
            assert_true(echo.received == received && echo.returned == returned);
            assert_true(returned <= received);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_conversation),
        cmocka_unit_test(half_close_waits_for_the_rest),
        cmocka_unit_test(stop_returns_then_lingers),
        cmocka_unit_test(stop_while_flushing),
        cmocka_unit_test(first_stop_counts),
        cmocka_unit_test(giving_up),
        cmocka_unit_test(failures),
        cmocka_unit_test(invariants),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
