/* SPDX-License-Identifier: ISC */
/* echo-bench: reads its options, does what they ask for, exits by the result. */
#include "config.h"

#include "base/descriptors.h"
#include "base/inherited.h"
#include "base/options.h"
#include "base/standard_output.h"
#include "bench/plan.h"
#include "bench/session.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 40

static int refuse(const struct reason *why)
{
    fprintf(stderr, "echo-bench: %s: %s\n", reason_name(why->word), why->text);
    return EXIT_LOCAL;
}

static int print(int help)
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

/* The options into the plan. Returns 'h' or 'V' when that is all there is to do, 0 to go on. */
static int read_options(struct plan *plan, int argc, char **argv, struct reason *why)
{
    struct option list[ROWS_MAX + 1] = {0};
    char letters[2 * ROWS_MAX + 2];
    int letter;

    for (size_t i = 0; i < options_count(plan_options) && i < ROWS_MAX; i++)
        list[i] = (struct option){plan_options[i].name ? plan_options[i].name : "",
                                  plan_options[i].argument ? required_argument : no_argument, NULL,
                                  plan_options[i].letter};
    options_short(plan_options, letters);
    while ((letter = getopt_long(argc, argv, letters, list, NULL)) != -1) {
        if (letter == 'h' || letter == 'V')
            return letter;
        if (letter == '?' || letter == ':')
            return options_refuse(plan_options, letter, optopt, argv[optind - 1], why);
        if (plan_set(plan, letter, optarg, why) < 0)
            return -1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static struct plan plan; /* too large for a small stack */
    struct reason why;
    int asked;
    char **command = calloc((size_t)argc + 1, sizeof *command);

    /* Until there is something to report, and for good in case of QUIT, signals end the process. */
    inherited_unblock();
    if (!command || descriptors_fill_standard(&why) < 0) {
        if (!command)
            reason_errno(&why, ENOMEM, "start");
        free(command);
        return refuse(&why);
    }
    /* As it was typed: getopt_long moves the operands to the end. */
    memcpy(command, argv, (size_t)argc * sizeof *command);
    plan_init(&plan);
    asked = read_options(&plan, argc, argv, &why);
    for (int i = optind; asked == 0 && !plan.merge && i < argc; i++)
        asked = plan_add_endpoint(&plan, argv[i], &why);
    if (asked == 0 && plan.merge && optind == argc)
        asked = reason_set(&why, REASON_USAGE, 0, "--merge needs the JSON reports to add up");
    if (asked == 0)
        asked = plan_check(&plan, &why);
    if (asked < 0)
        asked = refuse(&why);
    else if (asked > 0)
        asked = print(asked == 'h');
    else
        asked = (int)session_run(&plan, command, argv + optind, (size_t)(argc - optind));
    free(command);
    return asked;
}
