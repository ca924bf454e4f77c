/* SPDX-License-Identifier: ISC */
#include "bench/engine/plan.h"
#include "bench/engine/workload.h"
#include "lib/testing.h"

static const struct options_row *option_of(const struct workload *workload)
{
    const struct options_row *row = plan_options;

    while (row->letter && row->letter != workload->option)
        row++;
    return row->letter ? row : NULL;
}

/* What a new row forgets fails with a sentence. */
static void rows_are_complete(void **state)
{
    (void)state;
    assert_int_equal(workloads[0]->option, 0);
    for (size_t i = 0; workloads[i]; i++) {
        const struct workload *row = workloads[i];

        if (!row->name)
            fail_msg("row %zu of workloads has no name", i);
        if (!row->begin || !row->ready || !row->waiting_since || row->overdue == REASON_NONE)
            fail_msg("workload \"%s\": begin, ready, waiting_since and overdue are required",
                     row->name);
        if (row->has_messages && !row->offer)
            fail_msg("workload \"%s\" has messages: offer is required, for -R", row->name);
        if (!row->has_messages && !row->title)
            fail_msg("workload \"%s\" has no messages: a title is required", row->name);
        if (workload_find(row->name) != row)
            fail_msg("two workloads have the name \"%s\"", row->name);
    }
    assert_ptr_equal(workload_find("open"), workloads[0]);
}

static void options_choose(void **state)
{
    (void)state;
    for (size_t i = 1; workloads[i]; i++) {
        const struct workload *row = workloads[i];
        const struct options_row *option = option_of(row);
        struct reason why;
        struct plan plan;

        if (!option || option->argument || strcmp(option->name, row->name) != 0)
            fail_msg("workload \"%s\": plan_options has no option --%s of its letter and without "
                     "an argument",
                     row->name, row->name);
        plan_init(&plan);
        assert_ptr_equal(plan.workload, workloads[0]);
        assert_int_equal(plan_set(&plan, row->option, NULL, &why), 0);
        if (plan.workload != row)
            fail_msg("--%s chooses the workload \"%s\"", row->name, plan.workload->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_complete),
        cmocka_unit_test(options_choose),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
