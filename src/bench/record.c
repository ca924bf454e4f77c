/* SPDX-License-Identifier: ISC */
#include "config.h"

#include "bench/record.h"

#include "bench/engine/workload.h"

#include <errno.h>

static const char *mode_name(const struct plan *plan)
{
    if (!plan->workload->has_messages)
        return plan->workload->name;
    return plan->rate ? "open" : "closed";
}

/* What every line carries. */
static void begin(struct report *report, const struct record *record, const char *type)
{
    const struct environment *environment = record->environment;

    report_init(report);
    report_text(report, "type", type);
    report_text(report, "program", "echo-bench");
    report_text(report, "version", PACKAGE_VERSION);
    report_list(report, "command");
    for (char *const *word = record->command; *word; word++)
        report_text(report, NULL, *word);
    report_end(report);
    report_text(report, "kernel", environment->kernel);
    report_text(report, "cpu", environment->cpu);
    report_number(report, "cpus", (uint64_t)environment->cpus);
    if (environment->governor[0])
        report_text(report, "governor", environment->governor);
}

static int finish(struct report *report, const struct record *record, struct reason *why)
{
    if (report_print(report, record->stream, record->name, why) == 0)
        return 0;
    return record->may_break && why->code == EPIPE ? 0 : -1;
}

static void add_plan(struct report *report, const struct plan *plan, const struct result *result)
{
    report_object(report, "plan");
    report_text(report, "mode", mode_name(plan));
    if (result->processes == 1)
        report_number(report, "seed", plan->seed);
    if (plan->rate) {
        report_number(report, "rate", plan->rate);
        report_text(report, "arrival", plan_arrival_names[plan->arrival]);
    }
    report_number(report, "connections", plan->connections);
    report_number(report, "idle", plan->idle);
    report_number(report, "threads", plan->threads);
    report_number(report, "in_flight", plan->in_flight);
    report_number(report, "size_min", plan->size_min);
    report_number(report, "size_max", plan->size_max);
    report_number(report, "churn", plan->churn);
    report_text(report, "verify", plan_verify_names[plan->verify]);
    report_truth(report, "busy_poll", plan->busy_poll);
    if (plan->messages)
        report_number(report, "messages", plan->messages);
    else
        report_number(report, "duration_ns", plan->duration_ns);
    report_number(report, "warmup_ns", plan->warmup_ns);
    report_number(report, "timeout_ns", plan->timeout_ns);
    report_end(report);
}

static void add_words(struct report *report, const char *key, const uint64_t *counts)
{
    report_object(report, key);
    for (size_t i = 0; i < REASON_WORDS; i++)
        if (counts[i])
            report_number(report, reason_name((enum reason_word)i), counts[i]);
    report_end(report);
}

void record_add_errors(struct report *report, const struct tally *tally)
{
    add_words(report, "connect_errors", tally->connect_errors);
    add_words(report, "errors", tally->errors);
    report_object(report, "local_limits");
    report_number(report, "ports", tally->no_port);
    report_number(report, "descriptors", tally->no_descriptor);
    report_end(report);
    if (tally->verdict.word != REASON_NONE) {
        report_verdict(report, "first_difference", &tally->verdict);
        report_number(report, "first_difference_connection", tally->verdict_connection);
    }
}

static void add_counts(struct report *report, const struct tally *tally)
{
    report_number(report, "messages", tally->messages);
    report_number(report, "messages_in_time", tally->in_time);
    report_number(report, "bytes_sent", tally->bytes_sent);
    report_number(report, "bytes_received", tally->bytes_received);
    report_number(report, "bytes_in_time", tally->bytes_in_time);
    report_number(report, "lost", tally->lost);
    report_number(report, "unsent", tally->unsent);
    report_number(report, "connects", tally->connects);
    report_number(report, "fallbacks", tally->fallbacks);
    record_add_errors(report, tally);
}

static void add_generator(struct report *report, const struct result *result)
{
    report_object(report, "generator");
    report_number(report, "processes", result->processes);
    report_number(report, "threads", result->threads);
    report_number(report, "user_ns", result->user_ns);
    report_number(report, "system_ns", result->system_ns);
    report_real(report, "busiest", result->busiest);
    report_number(report, "compared_bytes", result->tally->compared_bytes);
    report_number(report, "compare_sample_bytes", result->tally->compare_sample_bytes);
    report_number(report, "compare_sample_ns", result->tally->compare_sample_ns);
    report_real(report, "compare_per_message_ns", result_compare_ns(result));
    report_truth(report, "was_limit", result_generator_was_limit(result));
    report_end(report);
}

static void add_rounds(struct report *report, const struct round *rounds, size_t count)
{
    report_list(report, "rounds");
    for (size_t i = 0; i < count; i++) {
        report_object(report, NULL);
        for (size_t j = 0; j < FIGURES; j++)
            report_real(report, figure_names[j], rounds[i].figures[j]);
        report_end(report);
    }
    report_end(report);
}

static void add_goals(struct report *report, const struct plan *plan, const struct result *result)
{
    report_list(report, "goals");
    for (size_t i = 0; i < plan->require.count; i++) {
        report_object(report, NULL);
        report_text(report, "goal", plan->require.list[i].text);
        report_truth(report, "met", goal_met(&plan->require.list[i], result));
        report_real(report, "value", goal_value(&plan->require.list[i], result));
        report_end(report);
    }
    report_end(report);
}

int record_result(const struct record *record, const struct plan *plan, const struct result *result,
                  const struct round *rounds, size_t round_count, struct reason *why)
{
    const struct tally *tally = result->tally;
    struct report report;

    begin(&report, record, "result");
    report_text(&report, "endpoint", result->endpoint);
    report_text(&report, "address", result->address);
    report_text(&report, "started", result->started);
    add_plan(&report, plan, result);
    report_number(&report, "elapsed_ns", result->elapsed_ns);
    report_truth(&report, "interrupted", result->interrupted);
    if (result->print_count) {
        report_list(&report, "merged_from");
        for (size_t i = 0; i < result->print_count; i++)
            report_text(&report, NULL, result->prints[i].text);
        report_end(&report);
    }
    report_number(&report, "connected", result->connected);
    report_number(&report, "connected_idle", result->idle);
    report_real(&report, "rate", result_rate(result));
    report_real(&report, "byte_rate", result_byte_rate(result));
    add_counts(&report, tally);
    add_generator(&report, result);
    if (rounds)
        add_rounds(&report, rounds, round_count);
    if (plan->require.count)
        add_goals(&report, plan, result);
    report_histogram(&report, "connect", &tally->connect, true);
    report_histogram(&report, "latency", &tally->latency, true);
    if (plan->rate) {
        report_histogram(&report, "service", &tally->service, true);
        report_histogram(&report, "slip", &tally->slip, true);
    }
    return finish(&report, record, why);
}

int record_difference(const struct record *record, const char *first, const char *second,
                      const struct difference *difference, struct reason *why)
{
    struct report report;

    begin(&report, record, "difference");
    report_text(&report, "first", first);
    report_text(&report, "second", second);
    report_number(&report, "rounds", difference->pairs);
    report_number(&report, "rounds_without_answer", difference->silent);
    report_object(&report, "figures");
    for (size_t i = 0; difference->pairs && i < FIGURES; i++) {
        const struct interval *interval = &difference->figures[i];

        report_object(&report, figure_names[i]);
        report_real(&report, "first", interval->first);
        report_real(&report, "second", interval->second);
        report_real(&report, "difference", interval->difference);
        if (difference->pairs > 1) {
            report_real(&report, "low", interval->low);
            report_real(&report, "high", interval->high);
        }
        report_end(&report);
    }
    report_end(&report);
    return finish(&report, record, why);
}

int record_attempt(const struct record *record, const struct plan *plan,
                   const struct result *result, bool met, bool generator_was_limit,
                   struct reason *why)
{
    struct report report;

    begin(&report, record, "attempt");
    report_number(&report, "offered_rate", plan->rate);
    report_real(&report, "rate", result_rate(result));
    report_truth(&report, "met", met);
    record_add_errors(&report, result->tally);
    report_truth(&report, "generator_was_limit", generator_was_limit);
    report_histogram(&report, "latency", &result->tally->latency, false);
    return finish(&report, record, why);
}

int record_maximum(const struct record *record, const char *goal, uint64_t rate,
                   bool generator_was_limit, bool interrupted, const struct tally *failures,
                   struct reason *why)
{
    struct report report;

    begin(&report, record, "maximum");
    report_text(&report, "goal", goal);
    report_number(&report, "rate", rate);
    report_truth(&report, "generator_was_limit", generator_was_limit);
    report_truth(&report, "interrupted", interrupted);
    record_add_errors(&report, failures);
    return finish(&report, record, why);
}

int record_error(const struct record *record, const char *endpoint, const struct reason *error,
                 struct reason *why)
{
    struct report report;

    begin(&report, record, "error");
    report_text(&report, "endpoint", endpoint);
    report_reason(&report, "error", error);
    return finish(&report, record, why);
}
