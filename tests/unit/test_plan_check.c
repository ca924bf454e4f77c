/* SPDX-License-Identifier: ISC */
#include "bench/engine/plan_check.h"
#include "lib/testing.h"

/* Command lines whose options do not go together; a piece of the sentence. */
static void contradictions(void **state)
{
    static const struct {
        struct {
            int letter;
            const char *argument;
        } options[3];
        const char *endpoints[2];
        const char *piece;
    } rows[] = {
        {{{0}}, {NULL}, "no endpoint"},
        {{{PLAN_OPTION_BULK, NULL}, {'R', "5"}}, {"localhost:7"}, "-R"},
        {{{PLAN_OPTION_BULK, NULL}, {PLAN_OPTION_CHURN, "5"}}, {"localhost:7"}, "--churn"},
        {{{PLAN_OPTION_BULK, NULL}, {'P', "5"}}, {"localhost:7"}, "-P"},
        {{{PLAN_OPTION_BULK, NULL}, {PLAN_OPTION_HDR, "x"}}, {"localhost:7"}, "--hdr"},
        {{{PLAN_OPTION_ARRIVAL, "poisson"}}, {"localhost:7"}, "-R"},
        {{{'d', "1"}, {'n', "1"}}, {"localhost:7"}, "-d and -n"},
        {{{PLAN_OPTION_INTERLEAVE, "2"}}, {"localhost:7"}, "two or more"},
        {{{PLAN_OPTION_FIND_MAX, "p99<1s"}}, {"localhost:7", "localhost:8"}, "one endpoint"},
        {{{PLAN_OPTION_FIND_MAX, "p99<1s,errors=0"}}, {"localhost:7"}, "one goal"},
        {{{PLAN_OPTION_FIND_MAX, "p99<1s"}, {'n', "3"}}, {"localhost:7"}, "-d and not -n"},
        {{{PLAN_OPTION_HDR, "x"}}, {"localhost:7", "localhost:8"}, "one endpoint"},
        {{{'4', NULL}}, {"unix:/x"}, "TCP endpoints"},
        {{{PLAN_OPTION_BULK, NULL}, {'s', "5"}}, {"localhost:7"}, "-s"},
        {{{PLAN_OPTION_SOURCE, "127.0.0.1"}}, {"localhost:7", "unix:/x"}, "TCP only"},
        {{{PLAN_OPTION_MERGE, NULL}, {'c', "5"}}, {NULL}, "--connections does not apply"},
        {{{PLAN_OPTION_MERGE, NULL}, {'d', "5"}}, {NULL}, "--duration does not apply"},
        {{{PLAN_OPTION_MERGE, NULL}, {PLAN_OPTION_SEED, "5"}}, {NULL}, "--seed does not apply"},
        {{{PLAN_OPTION_MERGE, NULL}, {PLAN_OPTION_INTERVAL, "5"}}, {NULL}, "--interval does not"},
        {{{PLAN_OPTION_MERGE, NULL}, {PLAN_OPTION_BULK, NULL}}, {NULL}, "--bulk does not apply"},
        {{{'4', NULL}}, {"tcp6:localhost:7"}, "contradicts"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct plan plan;
        struct reason why = {.word = REASON_NONE};

        plan_init(&plan);
        for (size_t k = 0; k < 3 && rows[i].options[k].letter; k++)
            assert_int_equal(
                plan_set(&plan, rows[i].options[k].letter, rows[i].options[k].argument, &why), 0);
        for (size_t k = 0; k < 2 && rows[i].endpoints[k]; k++)
            assert_int_equal(plan_add_endpoint(&plan, rows[i].endpoints[k], &why), 0);
        assert_int_equal(plan_check(&plan, &why), -1);
        if (!strstr(why.text, rows[i].piece))
            fail_msg("\"%s\" does not say \"%s\"", why.text, rows[i].piece);
    }
}

static void completed(void **state)
{
    struct plan plan;

    (void)state;
    plan_init(&plan);
    assert_int_equal(plan_set(&plan, 'c', "3", NULL), 0);
    assert_int_equal(plan_set(&plan, 't', "8", NULL), 0);
    assert_int_equal(plan_set(&plan, '6', NULL, NULL), 0);
    assert_int_equal(plan_add_endpoint(&plan, "localhost:7", NULL), 0);
    assert_int_equal(plan_check(&plan, NULL), 0);
    assert_int_equal(plan.threads, 3);
    assert_int_equal(plan.endpoints[0].family, ENDPOINT_IPV6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contradictions),
        cmocka_unit_test(completed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
