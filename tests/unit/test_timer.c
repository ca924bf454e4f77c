/* SPDX-License-Identifier: ISC */
#include "base/owner.h"
#include "base/timer.h"
#include "lib/testing.h"

#include <stdlib.h>

#define ALARMS 200

/* The same times beside the heap, in an array that is searched: 0 is stopped. */
struct alarm {
    struct timer timer;
    uint64_t due_ns;
    unsigned calls;
};

struct clockwork {
    struct timer_heap heap;
    struct alarm alarms[ALARMS];
    uint64_t state, last_ns;
    unsigned calls;
    bool meddles; /* expired starts and stops others */
};

static struct clockwork works;

/* The same sequence for the same seed on every machine. */
static unsigned choose(unsigned below)
{
    works.state = works.state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(works.state >> 33) % below;
}

static uint64_t earliest(void)
{
    uint64_t earliest_ns = 0;

    for (unsigned i = 0; i < ALARMS; i++) {
        uint64_t due_ns = works.alarms[i].due_ns;

        if (due_ns && (!earliest_ns || due_ns < earliest_ns))
            earliest_ns = due_ns;
    }
    return earliest_ns;
}

static void start(struct alarm *alarm, uint64_t due_ns)
{
    timer_start(&works.heap, &alarm->timer, due_ns);
    alarm->due_ns = due_ns > works.heap.ran_ns ? due_ns : works.heap.ran_ns + 1;
}

static void stop(struct alarm *alarm)
{
    timer_stop(&works.heap, &alarm->timer);
    alarm->due_ns = 0;
}

/* Something with one that is chosen. */
static void meddle(uint64_t now_ns)
{
    struct alarm *alarm = &works.alarms[choose(ALARMS)];

    if (choose(3) == 0)
        stop(alarm);
    else
        start(alarm, now_ns + choose(50));
}

static void ring(struct timer *timer, uint64_t now_ns)
{
    struct alarm *alarm = OWNER(timer, struct alarm, timer);

    assert_false(timer_is_started(timer));
    assert_true(alarm->due_ns && alarm->due_ns <= now_ns);
    assert_true(alarm->due_ns == earliest());
    assert_true(alarm->due_ns >= works.last_ns);
    works.last_ns = alarm->due_ns;
    alarm->due_ns = 0;
    alarm->calls++;
    works.calls++;
    for (unsigned i = works.meddles ? choose(4) : 0; i > 0; i--)
        meddle(now_ns);
}

static void begin(uint64_t seed)
{
    works = (struct clockwork){.state = seed};
    for (unsigned i = 0; i < ALARMS; i++)
        works.alarms[i].timer.expired = ring;
}

/* Against the array: whatever is done, and by whom, the earliest is known and each is called once,
 * in its turn. */
static void like_a_list(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        uint64_t now_ns = 1;

        begin(seed);
        works.meddles = seed % 2;
        for (unsigned step = 0; step < 2000; step++) {
            meddle(now_ns);
            assert_true(timer_next_ns(&works.heap) == earliest());
            if (choose(4) == 0) {
                now_ns += choose(20);
                timer_run(&works.heap, now_ns);
                assert_true(!earliest() || earliest() > now_ns);
                for (unsigned i = 0; i < ALARMS; i++)
                    assert_int_equal(timer_is_started(&works.alarms[i].timer),
                                     works.alarms[i].due_ns != 0);
            }
        }
        assert_true(works.calls > 500);
        for (unsigned i = 0; i < ALARMS; i++)
            stop(&works.alarms[i]);
        assert_true(timer_next_ns(&works.heap) == 0);
    }
}

static void again_at_once(struct timer *timer, uint64_t now_ns)
{
    OWNER(timer, struct alarm, timer)->calls++;
    timer_start(&works.heap, timer, now_ns - 1);
}

/* One that starts itself for a time that has passed is called once in a turn. */
static void passed(void **state)
{
    struct alarm *alarm = &works.alarms[0];

    (void)state;
    begin(1);
    alarm->timer.expired = again_at_once;
    timer_start(&works.heap, &alarm->timer, 0);
    assert_true(timer_next_ns(&works.heap) > 0);
    for (unsigned turn = 1; turn <= 3; turn++) {
        timer_run(&works.heap, 10 * turn);
        assert_int_equal(alarm->calls, turn);
        assert_true(timer_next_ns(&works.heap) == 10 * turn + 1);
    }
}

static void count(struct timer *timer, uint64_t now_ns)
{
    (void)timer;
    (void)now_ns;
    works.calls++;
}

/* Many in the worst orders: no deep stack and no square of their number. */
static void many(void **state)
{
    enum { MANY = 300000 };
    struct timer *timers = calloc(MANY, sizeof *timers);

    (void)state;
    assert_non_null(timers);
    for (int up = 0; up < 2; up++) {
        begin(1);
        for (uint64_t i = 0; i < MANY; i++) {
            timers[i].expired = count;
            timer_start(&works.heap, &timers[i], up ? i + 1 : MANY - i);
        }
        for (unsigned i = 0; i < MANY; i += 3)
            timer_stop(&works.heap, &timers[i]);
        timer_run(&works.heap, MANY);
        assert_int_equal(works.calls, MANY - MANY / 3);
        assert_true(timer_next_ns(&works.heap) == 0);
    }
    free(timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(like_a_list),
        cmocka_unit_test(passed),
        cmocka_unit_test(many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
