/* SPDX-License-Identifier: ISC */
#include "client/flight.h"
#include "lib/testing.h"

#define TIMEOUT_NS 100

static struct flight flight;

/* Answers come in the order of the pings, in time or after their ping was given up. */
static void answers(void **state)
{
    uint64_t time_ns;

    (void)state;
    flight_begin(&flight, 7);
    assert_int_equal(flight_waiting(&flight), 0);
    flight_send(&flight, 1000);
    flight_send(&flight, 1050);
    flight_send(&flight, 1200);
    assert_int_equal(flight_waiting(&flight), 3);
    assert_int_equal(flight_due_ns(&flight, TIMEOUT_NS), 1100);
    assert_int_equal(flight_seq(&flight), 7);

    flight_expire(&flight, 1099, TIMEOUT_NS);
    assert_int_equal(flight_waiting(&flight), 3);
    flight_expire(&flight, 1150, TIMEOUT_NS);
    assert_int_equal(flight_waiting(&flight), 1);
    assert_int_equal(flight_due_ns(&flight, TIMEOUT_NS), 1300);

    assert_false(flight_answer(&flight, 1160, &time_ns));
    assert_int_equal(time_ns, 160);
    assert_int_equal(flight_seq(&flight), 8);
    assert_false(flight_answer(&flight, 1160, &time_ns));
    assert_int_equal(flight_waiting(&flight), 1);
    assert_true(flight_answer(&flight, 1201, &time_ns));
    assert_int_equal(time_ns, 1);
    assert_int_equal(flight_waiting(&flight), 0);
    assert_int_equal(flight_seq(&flight), 10);
}

/* Each is told once, and none that is answered. */
static void outstanding(void **state)
{
    uint64_t time_ns;

    (void)state;
    flight_begin(&flight, 1);
    assert_int_equal(flight_outstanding(&flight), 0);
    for (unsigned i = 0; i < 4; i++)
        flight_send(&flight, i);
    flight_answer(&flight, 10, &time_ns);
    assert_int_equal(flight_outstanding(&flight), 2);
    assert_int_equal(flight_outstanding(&flight), 3);
    flight_answer(&flight, 10, &time_ns);
    assert_int_equal(flight_outstanding(&flight), 4);
    assert_int_equal(flight_outstanding(&flight), 0);
}

/* As many as can be remembered, several times around. */
static void full(void **state)
{
    uint64_t time_ns;

    (void)state;
    flight_begin(&flight, 1);
    for (uint64_t i = 0; i < 3 * FLIGHT_MAX; i++) {
        assert_int_equal(flight_is_full(&flight), i >= FLIGHT_MAX);
        if (flight_is_full(&flight)) {
            assert_true(flight_answer(&flight, i, &time_ns));
            assert_int_equal(time_ns, FLIGHT_MAX);
        }
        flight_send(&flight, i);
    }
    assert_int_equal(flight_waiting(&flight), FLIGHT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),
        cmocka_unit_test(outstanding),
        cmocka_unit_test(full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
