/* SPDX-License-Identifier: ISC */
#include "bench/session.h"

#include "bench/find_max.h"
#include "bench/load.h"
#include "bench/merge.h"
#include "bench/outputs.h"
#include "bench/summary.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct session {
    const struct plan *plan;
    struct load *load;
    struct outputs outputs;
};

static struct round round_of(const struct result *result)
{
    const struct histogram *latency = &result->tally->latency;
    bool timed = latency->count > 0;

    return (struct round){
        .silent = !result_has_echoes(result),
        .figures = {
            [FIGURE_RATE] = result_rate(result),
            [FIGURE_BYTE_RATE] = result_byte_rate(result),
            [FIGURE_MEAN] = timed ? histogram_mean(latency) : NAN,
            [FIGURE_P50] = timed ? (double)histogram_percentile(latency, 50) : NAN,
            [FIGURE_P99] = timed ? (double)histogram_percentile(latency, 99) : NAN,
        }};
}

/* All rounds over one endpoint. */
struct series {
    const struct plan *plan;
    struct address address;
    struct result sum;
    struct round *rounds;
    size_t count;
};

static int run_round(struct session *session, size_t index, struct series *series,
                     struct reason *why)
{
    struct result result = {.tally = tally_create()};
    int status = -1;

    if (!result.tally)
        return reason_errno(why, ENOMEM, "start");
    if (load_run(session->load, session->plan, &session->plan->endpoints[index], &series->address,
                 &result, why) < 0)
        goto out;
    series->rounds[series->count++] = round_of(&result);
    if (!series->sum.processes) {
        struct tally *tally = series->sum.tally;

        series->sum = result;
        series->sum.tally = tally;
        tally_merge(tally, result.tally);
    } else {
        result_append(&series->sum, &result);
    }
    status = 0;
out:
    tally_destroy(result.tally);
    return status;
}

/* A B C A B C ..., until an interruption. */
static int run_rounds(struct session *session, struct series *series, size_t count,
                      struct reason *why)
{
    for (unsigned round = 0; round < session->plan->rounds; round++)
        for (size_t i = 0; i < count; i++) {
            if (session->load->interruptions)
                return 0;
            if (run_round(session, i, &series[i], why) < 0)
                return -1;
        }
    return 0;
}

static int report_result(struct session *session, const struct series *series, struct reason *why)
{
    const struct plan *plan = series->plan;

    if (session->outputs.text) {
        summary_print(session->outputs.text, plan, &series->sum);
        summary_print_rounds(session->outputs.text, series->rounds, series->count);
    }
    for (size_t i = 0; i < session->outputs.record_count; i++)
        if (record_result(&session->outputs.records[i], plan, &series->sum,
                          series->count > 1 ? series->rounds : NULL, series->count, why) < 0)
            return -1;
    return 0;
}

/* Each further endpoint against the first, over the rounds that both have. */
static int report_differences(struct session *session, const struct series *series,
                              struct reason *why)
{
    for (size_t i = 1; i < session->plan->endpoint_count; i++) {
        size_t pairs = series[i].count < series[0].count ? series[i].count : series[0].count;
        struct difference difference;

        if (!pairs)
            continue;
        difference_compute(&difference, series[0].rounds, series[i].rounds, pairs);
        if (session->outputs.text)
            summary_print_difference(session->outputs.text, series[0].sum.endpoint,
                                     series[i].sum.endpoint, &difference);
        for (size_t j = 0; j < session->outputs.record_count; j++)
            if (record_difference(&session->outputs.records[j], series[0].sum.endpoint,
                                  series[i].sum.endpoint, &difference, why) < 0)
                return -1;
    }
    return 0;
}

static enum exit_status result_status(const struct plan *plan, const struct result *result)
{
    enum exit_status status = tally_status(result->tally);

    if (status == EXIT_EXACT && !result_has_echoes(result))
        return EXIT_MISSING;
    if (status == EXIT_EXACT && !goals_met(&plan->require, result))
        return EXIT_GOAL;
    return status;
}

static enum exit_status report_all(struct session *session, const struct series *series,
                                   size_t count)
{
    enum exit_status status = EXIT_EXACT;
    struct reason why;

    for (size_t i = 0; i < count; i++) {
        if (!series[i].sum.processes)
            continue;
        if (report_result(session, &series[i], &why) < 0)
            goto failed;
        status = exit_status_worse(status, result_status(series[i].plan, &series[i].sum));
    }
    if (report_differences(session, series, &why) < 0)
        goto failed;
    return outputs_finish(&session->outputs, &series[0].sum, status);
failed:
    fprintf(stderr, "echo-bench: %s: %s\n", reason_name(why.word), why.text);
    return EXIT_LOCAL;
}

static enum exit_status run_series(struct session *session, struct series *series, size_t count)
{
    const struct plan *plan = session->plan;
    char text[ENDPOINT_TEXT_SIZE];
    struct reason why;

    for (size_t i = 0; i < count; i++)
        if (load_find_address(plan, &plan->endpoints[i], &series[i].address, &why) < 0) {
            outputs_complain(&session->outputs,
                             endpoint_format(&plan->endpoints[i], text, sizeof text), &why);
            return reason_exit_status(why.word, 0);
        }
    /* From here on INT ends the run and not the process. */
    session->load = load_create(&why);
    if (!session->load) {
        outputs_complain(&session->outputs, "", &why);
        return EXIT_LOCAL;
    }
    outputs_print_head(&session->outputs);
    if (plan->find_max.count)
        return find_max_run(plan, session->load, &series[0].address, &session->outputs);
    if (run_rounds(session, series, count, &why) < 0) {
        outputs_complain(&session->outputs, "", &why);
        return EXIT_LOCAL;
    }
    return report_all(session, series, count);
}

/* Each endpoint of the reports is a series without rounds. */
static enum exit_status report_merge(struct session *session, const struct merge *merge)
{
    struct series *series = calloc(merge->part_count, sizeof *series);
    enum exit_status status;
    struct reason why;

    if (!series) {
        reason_errno(&why, ENOMEM, "merge");
        outputs_complain(&session->outputs, "", &why);
        return EXIT_LOCAL;
    }
    for (size_t i = 0; i < merge->part_count; i++)
        series[i] = (struct series){.plan = &merge->parts[i].plan, .sum = merge->parts[i].result};
    outputs_print_head(&session->outputs);
    status = report_all(session, series, merge->part_count);
    free(series);
    return status;
}

static enum exit_status merge_files(struct session *session, char *const *files, size_t count)
{
    enum exit_status status = EXIT_LOCAL;
    struct merge merge;
    struct reason why;
    bool failed = false;

    merge_init(&merge, session->plan);
    for (size_t i = 0; i < count && !failed; i++)
        failed = merge_add_file(&merge, files[i], &why) < 0;
    if (!failed && merge.part_count > 1 && session->plan->hdr)
        failed = reason_set(&why, REASON_USAGE, 0, "--hdr takes one endpoint");
    if (failed)
        outputs_complain(&session->outputs, "", &why);
    else
        status = report_merge(session, &merge);
    merge_release(&merge);
    return status;
}

static int make_series(const struct plan *plan, struct series *series, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        series[i].plan = plan;
        series[i].sum.tally = tally_create();
        series[i].rounds = calloc(plan->rounds, sizeof *series[i].rounds);
        if (!series[i].sum.tally || !series[i].rounds)
            return -1;
    }
    return 0;
}

enum exit_status session_run(const struct plan *plan, char *const *command, char *const *files,
                             size_t file_count)
{
    struct session session = {.plan = plan, .outputs = {.plan = plan, .command = command}};
    size_t count = plan->endpoint_count;
    struct series *series = plan->merge ? NULL : calloc(count, sizeof *series);
    enum exit_status status = EXIT_LOCAL;
    struct reason why;

    environment_read(&session.outputs.environment);
    if (!plan->merge && (!series || make_series(plan, series, count) < 0)) {
        reason_errno(&why, ENOMEM, "start");
        outputs_complain(&session.outputs, "", &why);
        goto out;
    }
    if (outputs_open(&session.outputs, &why) < 0) {
        outputs_complain(&session.outputs, "", &why);
        goto out;
    }
    if (plan->merge) {
        status = merge_files(&session, files, file_count);
        goto out;
    }
    status = run_series(&session, series, count);
out:
    load_destroy(session.load);
    status = outputs_close(&session.outputs, status);
    for (size_t i = 0; series && i < count; i++) {
        tally_destroy(series[i].sum.tally);
        free(series[i].rounds);
    }
    free(series);
    return status;
}
