/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "bench/engine/goals.h"
#include "bench/engine/result.h"
#include "lib/testing.h"

static struct result result;

/* 1000 messages of 1 to 1000 us in 2 s, 3 errors. */
static int setup(void **state)
{
    (void)state;
    result = (struct result){.tally = tally_create(), .elapsed_ns = 2 * NS_PER_S};
    if (!result.tally)
        return -1;
    for (uint64_t i = 1; i <= 1000; i++)
        histogram_record(&result.tally->latency, i * NS_PER_US);
    result.tally->messages = result.tally->in_time = 1000;
    result.tally->bytes_sent = result.tally->bytes_received = 4000000;
    result.tally->bytes_in_time = 4000000;
    result.tally->errors[REASON_RESET] = 2;
    result.tally->connect_errors[REASON_REFUSED] = 1;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tally_destroy(result.tally);
    return 0;
}

static void met(void **state)
{
    static const struct {
        const char *text;
        int met;
    } rows[] = {
        {"p50<501us", 1},
        {"p50<500us", 0},
        {"p50<=501us", 1},
        {"p99<1ms", 1},
        {"p99>1ms", 0},
        {"p99.9<1ms", 1},
        {"max<1ms", 0},
        {"max<=1ms", 1},
        {"max=1ms", 1},
        {"min>=1us", 1},
        {"min=1us", 1},
        {"mean<501us", 1},
        {"mean>500us", 1},
        {"errors=3", 1},
        {"errors<3", 0},
        {"errors<=3", 1},
        {"errors=0", 0},
        {"rate=500", 1},
        {"rate>499", 1},
        {"rate>500", 0},
        {"rate<500", 0},
        {"bytes>=2MB", 1},
        {"bytes<2MB", 0},
        {"errors=3,rate=500", 1},
        {"errors=3,p99<1ms,rate>500", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct goals goals;
        struct reason why;

        if (goals_parse(&goals, rows[i].text, &why) < 0)
            fail_msg("%s: %s", rows[i].text, why.text);
        if (goals_met(&goals, &result) != rows[i].met)
            fail_msg("%s is %s", rows[i].text, rows[i].met ? "met" : "not met");
    }
}

static void refused(void **state)
{
    static const char *const rows[] = {
        "",          "p99",       "p99<",     "p99<1",   "p99<1x",      "p<1ms",
        "p0<1ms",    "p100<1ms",  "p99.<1ms", "p.9<1ms", "p99.9.9<1ms", "p099<1ms",
        "p-1<1ms",   "p9e1<1ms",  "P99<1ms",  "errors",  "errors<>",    "errors=1.5",
        "errors=-1", "rate>1ms",  "speed>1",  "rate>5,", ",rate>5",     "rate>5,,errors=0",
        "<1ms",      "errors==0", "p99=<1ms", "p99!1ms", "p99 <1ms",    "p99< 1ms",
        "bytes>1x",
    };
    char many[400] = "errors=0";
    struct goals goals;
    struct reason why;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (goals_parse(&goals, rows[i], &why) == 0)
            fail_msg("\"%s\" was taken for a goal", rows[i]);
        assert_int_equal(why.word, REASON_USAGE);
        assert_true(strlen(why.text) > 10);
    }
    for (size_t i = 1; i < GOALS_MAX; i++)
        strcat(many, ",errors=0");
    assert_int_equal(goals_parse(&goals, many, &why), 0);
    strcat(many, ",errors=0");
    assert_int_equal(goals_parse(&goals, many, &why), -1);
}

/* Without a single message nothing was good enough. */
static void nothing_measured(void **state)
{
    struct result empty = {.tally = tally_create(), .elapsed_ns = NS_PER_S};
    struct goals goals;

    (void)state;
    assert_non_null(empty.tally);
    assert_int_equal(goals_parse(&goals, "p99<1s", NULL), 0);
    assert_false(goals_met(&goals, &empty));
    assert_int_equal(goals_parse(&goals, "mean<1s", NULL), 0);
    assert_false(goals_met(&goals, &empty));
    assert_int_equal(goals_parse(&goals, "errors=0", NULL), 0);
    assert_false(goals_met(&goals, &empty));
    assert_int_equal(goals_parse(&goals, "rate<5", NULL), 0);
    assert_false(goals_met(&goals, &empty));
    empty.tally->bytes_received = 1; /* a bulk stream has no messages */
    assert_int_equal(goals_parse(&goals, "errors=0", NULL), 0);
    assert_true(goals_met(&goals, &empty));
    tally_destroy(empty.tally);
}

/* The first of 4, 5, 3, 1 decides; 2 only when nothing else is wrong. */
static void statuses(void **state)
{
    static const struct {
        enum reason_word word;
        int connected;
        enum exit_status status;
    } rows[] = {
        {REASON_TIMEOUT, 1, EXIT_MISSING}, {REASON_REFUSED, 0, EXIT_CONNECT},
        {REASON_TIMEOUT, 0, EXIT_CONNECT}, {REASON_RESET, 0, EXIT_CONNECT},
        {REASON_EOF, 1, EXIT_ENDED},       {REASON_RESET, 1, EXIT_ENDED},
        {REASON_EXTRA, 1, EXIT_DIFFERS},   {REASON_CORRUPT, 1, EXIT_DIFFERS},
    };
    struct tally *tally = tally_create();

    (void)state;
    assert_non_null(tally);
    assert_int_equal(tally_status(tally), EXIT_EXACT);
    tally->lost = 1;
    assert_int_equal(tally_status(tally), EXIT_MISSING);
    tally->lost = 0;
    tally->unsent = 1;
    assert_int_equal(tally_status(tally), EXIT_MISSING);
    tally->no_port = 1;
    assert_int_equal(tally_status(tally), EXIT_LOCAL);
    tally->errors[REASON_OTHER] = 1;
    assert_int_equal(tally_status(tally), EXIT_LOCAL);
    for (size_t i = 0; i < COUNT(rows); i++) {
        (rows[i].connected ? tally->errors : tally->connect_errors)[rows[i].word]++;
        assert_int_equal(tally_status(tally), rows[i].status);
    }
    assert_int_equal(tally_errors(tally), COUNT(rows) + 1);
    tally_destroy(tally);
}

/* 1000 messages of which all waited so long, and a generator that was late by slip_ns for 20. */
static void make(struct result *made, uint64_t latency_ns, uint64_t slip_ns)
{
    *made = (struct result){.tally = tally_create(), .elapsed_ns = NS_PER_S, .busiest = 0.02};
    assert_non_null(made->tally);
    made->tally->messages = 1000;
    for (unsigned i = 0; i < 1000; i++) {
        histogram_record(&made->tally->latency, latency_ns);
        histogram_record(&made->tally->slip, i < 20 ? slip_ns : 1000);
    }
}

/* A late generator is the limit only where that is a relevant part of what was measured, and the
 * reason for a missed goal only where the goal would have been met without it. */
static void late_generators(void **state)
{
    static const struct {
        uint64_t latency_ns, slip_ns;
        const char *goal;
        int was_limit, missed_by_slip;
    } rows[] = {
        {500 * NS_PER_MS, 2 * NS_PER_MS, "p99<20ms", 0, 0},
        {500 * NS_PER_MS, 400 * NS_PER_MS, "p99<200ms", 1, 1},
        {500 * NS_PER_MS, 400 * NS_PER_MS, "p99<20ms", 1, 0},
        {500 * NS_PER_MS, 400 * NS_PER_MS, "mean<200ms", 1, 1},
        {500 * NS_PER_MS, 400 * NS_PER_MS, "rate>5000", 1, 0},
        {3 * NS_PER_MS, 2 * NS_PER_MS, "p99<2ms", 1, 1},
        {3 * NS_PER_MS, 2 * NS_PER_MS, "p99<5ms", 1, 0}, /* is met */
        {NS_PER_MS, NS_PER_MS / 2, "p99<2ms", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct result made;
        struct goals goals;

        make(&made, rows[i].latency_ns, rows[i].slip_ns);
        assert_int_equal(goals_parse(&goals, rows[i].goal, NULL), 0);
        if (result_generator_was_limit(&made) != rows[i].was_limit ||
            goal_missed_by_slip(&goals.list[0], &made) != rows[i].missed_by_slip)
            fail_msg("row %zu", i);
        tally_destroy(made.tally);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(met),
        cmocka_unit_test(refused),
        cmocka_unit_test(nothing_measured),
        cmocka_unit_test(statuses),
        cmocka_unit_test(late_generators),
    };

    return cmocka_run_group_tests(tests, setup, teardown) != 0;
}
