/* SPDX-License-Identifier: ISC */
#include "bench/find_max.h"

#include "bench/summary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_RATE   1000u
#define CLOSE_ENOUGH 1.03 /* between the highest rate that held and the lowest that did not */
#define ACHIEVED     0.98 /* of the offered rate: less is not that rate */

struct search {
    struct load *load;
    struct outputs *outputs;
    const struct address *address;
    struct plan plan;     /* with the rate of this attempt */
    struct result result; /* of this attempt */
    struct result best;
    uint64_t best_rate;
    struct tally *failures;   /* the errors of all attempts */
    bool generator_was_limit; /* in the last attempt that did not hold */
};

/* Whether the attempt failed because of the generator. */
static bool generator_missed(const struct search *search)
{
    return result_generator_was_busy(&search->result) ||
           (result_generator_was_limit(&search->result) &&
            goal_missed_by_slip(&search->plan.find_max.list[0], &search->result));
}

static void print_attempt(const struct search *search, bool met)
{
    FILE *text = search->outputs->text;
    const struct tally *tally = search->result.tally;
    const struct goal *goal = &search->plan.find_max.list[0];
    char value[GOAL_VALUE_SIZE];

    if (!text)
        return;
    fprintf(text, "%9" PRIu64 "/s offered, %.1f/s echoed, %s %s: %s\n", search->plan.rate,
            result_rate(&search->result), goal->text,
            goal_format_value(goal, &search->result, value, sizeof value), met ? "met" : "not met");
    if (tally_errors(tally))
        summary_print_errors(text, tally);
    fflush(text);
}

/* One attempt. 1: the goal is met, 0: it is not, -1: *why. */
static int attempt(struct search *search, uint64_t rate, struct reason *why)
{
    struct outputs *outputs = search->outputs;
    struct tally *tally = search->result.tally;
    int met;

    tally_reset(tally);
    search->result = (struct result){.tally = tally};
    search->plan.rate = rate;
    if (load_run(search->load, &search->plan, &search->plan.endpoints[0], search->address,
                 &search->result, why) < 0)
        return -1;
    if (search->load->interruptions) {
        tally_merge_errors(search->failures, tally);
        return 0; /* cut short, it says nothing about the rate */
    }
    met = goals_met(&search->plan.find_max, &search->result) && !tally_errors(tally) &&
          tally_status(tally) == EXIT_EXACT &&
          result_throughput(&search->result) >= ACHIEVED * (double)rate;
    tally_merge_errors(search->failures, tally);
    if (!met)
        search->generator_was_limit = generator_missed(search);
    print_attempt(search, met);
    for (size_t i = 0; i < outputs->record_count; i++)
        if (record_attempt(&outputs->records[i], &search->plan, &search->result, met,
                           !met && search->generator_was_limit, why) < 0)
            return -1;
    return met;
}

/* A rate that fails is tried twice: one hiccup of the machine is not the server's limit. */
static int holds(struct search *search, uint64_t rate, struct reason *why)
{
    int met = attempt(search, rate, why);

    if (met == 0 && !search->load->interruptions)
        met = attempt(search, rate, why);
    if (met == 1 && rate > search->best_rate) {
        struct result previous = search->best;

        search->best = search->result;
        search->best_rate = rate;
        search->result = previous;
    }
    return met;
}

/* Doubles until it fails, halves until it holds, then closes in. */
static int search_rates(struct search *search, struct reason *why)
{
    uint64_t low = 0, high = 0;
    uint64_t rate = search->plan.rate ? search->plan.rate : FIRST_RATE;

    while (!high || (double)high > CLOSE_ENOUGH * (double)low) {
        int met = holds(search, rate, why);

        if (met < 0)
            return -1;
        if (search->load->interruptions)
            return 0;
        if (met)
            low = rate;
        else
            high = rate;
        if (low == PLAN_RATE_MAX || high == 1)
            return 0;
        if (!high)
            rate = low * 2 < PLAN_RATE_MAX ? low * 2 : PLAN_RATE_MAX;
        else if (!low)
            rate = high / 2;
        else
            rate = low + (high - low) / 2;
        if (rate == low)
            return 0;
    }
    return 0;
}

/* Beyond its limit a server may be late, but bytes that differ and streams that end are faults at
 * any rate. Where no rate meets the goal, all errors say why. */
static enum exit_status maximum_status(const struct search *search)
{
    enum exit_status failed = tally_status(search->failures);

    if (!search->best_rate)
        return exit_status_worse(search->load->interruptions ? EXIT_MISSING : EXIT_GOAL, failed);
    if (failed == EXIT_DIFFERS || failed == EXIT_ENDED)
        return failed;
    return goals_met(&search->plan.require, &search->best) ? EXIT_EXACT : EXIT_GOAL;
}

static enum exit_status report_maximum(struct search *search)
{
    struct outputs *outputs = search->outputs;
    const char *goal = search->plan.find_max.list[0].text;
    struct reason why;

    search->plan.rate = search->best_rate;
    if (outputs->text && search->best_rate)
        summary_print(outputs->text, &search->plan, &search->best);
    if (outputs->text && search->load->interruptions)
        fprintf(outputs->text, "\ninterrupted: the search is not at its end\n");
    if (outputs->text && !search->best_rate)
        fprintf(outputs->text, "\nno rate %s %s\n",
                search->load->interruptions ? "so far meets" : "meets", goal);
    else if (outputs->text)
        fprintf(outputs->text, "\nhighest rate that meets %s: %" PRIu64 "/s%s\n", goal,
                search->best_rate,
                search->generator_was_limit
                    ? " (beyond it the generator was the limit: the server may do more)"
                    : "");
    if (outputs->text && tally_errors(search->failures)) {
        fprintf(outputs->text, "in all attempts:\n");
        summary_print_errors(outputs->text, search->failures);
    }
    for (size_t i = 0; i < outputs->record_count; i++) {
        if ((search->best_rate && record_result(&outputs->records[i], &search->plan, &search->best,
                                                NULL, 0, &why) < 0) ||
            record_maximum(&outputs->records[i], goal, search->best_rate,
                           search->generator_was_limit, search->load->interruptions > 0,
                           search->failures, &why) < 0) {
            outputs_complain(outputs, "", &why);
            return EXIT_LOCAL;
        }
    }
    return outputs_finish(outputs, &search->best, maximum_status(search));
}

enum exit_status find_max_run(const struct plan *plan, struct load *load,
                              const struct address *address, struct outputs *outputs)
{
    struct search *search = calloc(1, sizeof *search);
    enum exit_status status = EXIT_LOCAL;
    struct reason why;

    if (search) {
        search->load = load;
        search->outputs = outputs;
        search->address = address;
        search->plan = *plan;
        search->result.tally = tally_create();
        search->best.tally = tally_create();
        search->failures = tally_create();
    }
    if (!search || !search->result.tally || !search->best.tally || !search->failures) {
        reason_errno(&why, ENOMEM, "start");
        outputs_complain(outputs, "", &why);
    } else if (search_rates(search, &why) < 0) {
        outputs_complain(outputs, "", &why);
    } else {
        status = report_maximum(search);
    }
    if (search) {
        tally_destroy(search->result.tally);
        tally_destroy(search->best.tally);
        tally_destroy(search->failures);
    }
    free(search);
    return status;
}
