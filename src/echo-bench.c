/* SPDX-License-Identifier: ISC */
/* echo-bench: reads its options, does what they ask for, exits by the result. */
#include "config.h"

#include "base/descriptors.h"
#include "base/inherited.h"
#include "base/options.h"
#include "base/standard_output.h"
#include "bench/engine/plan.h"
#include "bench/engine/plan_check.h"
#include "bench/session.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int refuse(const struct reason *why)
{
    fprintf(stderr, "echo-bench: %s: %s\n", reason_name(why->word), why->text);
    return EXIT_LOCAL;
}

static int print(bool help)
{
    FILE *stream = standard_output();
    int code;

    if (help) {
        fprintf(stream, "Usage: echo-bench [options] ENDPOINT [ENDPOINT...]\n"
                        "       echo-bench --merge [options] FILE...\n"
                        "An honest load generator for any echo server.\n\n");
        options_print(plan_options, stream);
        fprintf(stream,
                "\nENDPOINT is unix:/tmp/echo.sock, localhost:7777 and the like: "
                "echo-endpoint(7).\n"
                "Times: 0.5, 500ms, 30s, 5m. Sizes: 512, 64KiB, 1G. Manual: echo-bench(1).\n");
    } else {
        fprintf(stream, "echo-bench (%s) %s\n", PACKAGE_NAME, PACKAGE_VERSION);
    }
    code = standard_output_flush();
    if (code == 0)
        return EXIT_EXACT;
    fprintf(stderr, "echo-bench: OTHER: write standard output: %s\n", strerror(-code));
    return EXIT_LOCAL;
}

struct order {
    struct plan *plan;
    int asked; /* 'h' or 'V': that is all there is to do */
};

static int take_option(void *context, const struct options_row *row, const char *argument,
                       struct reason *why)
{
    struct order *order = context;

    if (row->letter != 'h' && row->letter != 'V')
        return plan_set(order->plan, row->letter, argument, why);
    order->asked = row->letter;
    return OPTIONS_STOP;
}

/* The command line into the plan. */
static int read_plan(struct order *order, int argc, char **argv, struct reason *why)
{
    struct plan *plan = order->plan;
    int first = options_read(plan_options, argc, argv, take_option, order, why);

    if (first < 0 || order->asked)
        return first;
    for (int i = first; !plan->merge && i < argc; i++)
        if (plan_add_endpoint(plan, argv[i], why) < 0)
            return -1;
    if (plan->merge && first == argc)
        return reason_set(why, REASON_USAGE, 0, "--merge needs the JSON reports to add up");
    return plan_check(plan, why) < 0 ? -1 : first;
}

int main(int argc, char **argv)
{
    static struct plan plan; /* too large for a small stack */
    struct order order = {.plan = &plan};
    struct reason why;
    int first, status;
    char **command = calloc((size_t)argc + 1, sizeof *command);

    /* Until there is something to report, and for good in case of QUIT, signals end the process. */
    inherited_unblock();
    if (!command || descriptors_fill_standard(&why) < 0) {
        if (!command)
            reason_errno(&why, ENOMEM, "start");
        free(command);
        return refuse(&why);
    }
    /* As it was typed: reading the options moves the operands to the end. */
    memcpy(command, argv, (size_t)argc * sizeof *command);
    plan_init(&plan);
    first = read_plan(&order, argc, argv, &why);
    if (first < 0)
        status = refuse(&why);
    else if (order.asked)
        status = print(order.asked == 'h');
    else
        status = (int)session_run(&plan, command, argv + first, (size_t)(argc - first));
    free(command);
    return status;
}
