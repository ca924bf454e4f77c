/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "bench/engine/plan.h"
#include "lib/testing.h"

#include <stdlib.h>

static int letter_of(const char *name)
{
    const struct options_row *row = plan_options;

    while (row->letter && strcmp(row->name, name) != 0)
        row++;
    assert_true(row->letter);
    return row->letter;
}

/* One value for each option: what must be refused, with a sentence that names the option. */
static void refused(void **state)
{
    static const struct {
        const char *name, *value;
    } rows[] = {
        {"connections", "0"},
        {"connections", "x"},
        {"connections", "1000001"},
        {"threads", "257"},
        {"threads", "-1"},
        {"duration", "0"},
        {"duration", "1x"},
        {"duration", "400d"},
        {"messages", "0"},
        {"messages", "1k"},
        {"size", "0"},
        {"size", "17MiB"},
        {"size", "64:"},
        {"size", ":64"},
        {"size", "64:32"},
        {"size", "1:2:3"},
        {"in-flight", "0"},
        {"in-flight", "65537"},
        {"rate", "0"},
        {"rate", "1e6"},
        {"rate", "100000001"},
        {"arrival", "normal"},
        {"arrival", ""},
        {"churn", "0"},
        {"idle", "-1"},
        {"warmup", "x"},
        {"verify", "half"},
        {"find-max", "p99"},
        {"interleave", "0"},
        {"require", "p99<1"},
        {"cpu", ""},
        {"cpu", "1-"},
        {"cpu", "3-2"},
        {"cpu", "0,,1"},
        {"cpu", "1024"},
        {"source", ""},
        {"source", "127.0.0.1:5"},
        {"timeout", "0"},
        {"interval", "1ms"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct plan plan;
        struct reason why = {.word = REASON_NONE};
        char prefix[32];

        plan_init(&plan);
        if (plan_set(&plan, letter_of(rows[i].name), rows[i].value, &why) == 0)
            fail_msg("--%s took \"%s\"", rows[i].name, rows[i].value);
        snprintf(prefix, sizeof prefix, "--%s: ", rows[i].name);
        if (strncmp(why.text, prefix, strlen(prefix)) != 0)
            fail_msg("\"%s\" does not begin with \"%s\"", why.text, prefix);
    }
}

static void taken(void **state)
{
    struct plan plan;

    (void)state;
    plan_init(&plan);
    assert_int_equal(plan_set(&plan, 'c', "7", NULL), 0);
    assert_int_equal(plan.connections, 7);
    assert_int_equal(plan_set(&plan, 'd', "0.5", NULL), 0);
    assert_true(plan.duration_ns == 500 * NS_PER_MS);
    assert_int_equal(plan_set(&plan, 's', "1:64KiB", NULL), 0);
    assert_true(plan.size_min == 1 && plan.size_max == 65536);
    assert_int_equal(plan_set(&plan, 's', "512", NULL), 0);
    assert_true(plan.size_min == 512 && plan.size_max == 512);
    assert_int_equal(plan_set(&plan, PLAN_OPTION_ARRIVAL, "poisson", NULL), 0);
    assert_int_equal(plan.arrival, PACER_POISSON);
    assert_int_equal(plan_set(&plan, PLAN_OPTION_VERIFY, "sample", NULL), 0);
    assert_int_equal(plan.verify, PLAN_VERIFY_SAMPLE);
    assert_int_equal(plan_set(&plan, PLAN_OPTION_CPU, "0,2-4", NULL), 0);
    assert_int_equal(plan.cpu_count, 4);
    assert_int_equal(plan.cpus[3], 4);
    assert_int_equal(plan_set(&plan, PLAN_OPTION_SOURCE, "127.0.0.1,127.0.0.2", NULL), 0);
    assert_int_equal(plan.source_count, 2);
    assert_int_equal(plan_set(&plan, PLAN_OPTION_REQUIRE, "errors=0,rate>1", NULL), 0);
    assert_int_equal(plan_set(&plan, PLAN_OPTION_REQUIRE, "p99<1s", NULL), 0);
    assert_int_equal(plan.require.count, 3);
    assert_string_equal(plan.require.list[0].text, "errors=0");
    assert_string_equal(plan.require.list[2].text, "p99<1s");
    for (unsigned i = 3; i < GOALS_MAX; i++)
        assert_int_equal(plan_set(&plan, PLAN_OPTION_REQUIRE, "p99<1s", NULL), 0);
    assert_int_equal(plan_set(&plan, PLAN_OPTION_REQUIRE, "p99<1s", NULL), -1);
    assert_int_equal(address_port(&plan.sources[1]), 0);
}

/* Every option has a long name and a help text; no letter and no name occurs twice. */
static void rows_are_sound(void **state)
{
    (void)state;
    for (const struct options_row *a = plan_options; a->letter; a++) {
        assert_non_null(a->name);
        assert_non_null(a->help);
        for (const struct options_row *b = a + 1; b->letter; b++)
            assert_true(a->letter != b->letter && strcmp(a->name, b->name) != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused),
        cmocka_unit_test(taken),
        cmocka_unit_test(rows_are_sound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
