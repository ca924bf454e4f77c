/* SPDX-License-Identifier: ISC */
#include "bench/record.h"

#include "measure/report_document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The index of a name in a list that ends with NULL; 0 for one that is not there. */
static unsigned name_index(const char *const *names, const char *name)
{
    for (unsigned i = 0; names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return 0;
}

static void read_plan(struct document *document, struct plan *plan)
{
    const struct json_t *object = document_object(document, NULL, "plan");
    const char *mode = document_text(document, object, "mode");

    plan->bulk = strcmp(mode, "bulk") == 0;
    plan->rate = strcmp(mode, "open") == 0 ? document_number(document, object, "rate") : 0;
    if (plan->rate)
        plan->arrival = (enum pacer_arrival)name_index(plan_arrival_names,
                                                       document_text(document, object, "arrival"));
    plan->seed =
        document_has(document, object, "seed") ? document_number(document, object, "seed") : 0;
    plan->connections = (unsigned)document_number(document, object, "connections");
    plan->idle = (unsigned)document_number(document, object, "idle");
    plan->threads = (unsigned)document_number(document, object, "threads");
    plan->in_flight = (unsigned)document_number(document, object, "in_flight");
    plan->size_min = document_number(document, object, "size_min");
    plan->size_max = document_number(document, object, "size_max");
    plan->churn = document_number(document, object, "churn");
    plan->verify =
        (enum plan_verify)name_index(plan_verify_names, document_text(document, object, "verify"));
    plan->busy_poll = document_truth(document, object, "busy_poll");
    plan->messages = document_has(document, object, "messages")
                         ? document_number(document, object, "messages")
                         : 0;
    if (!plan->messages)
        plan->duration_ns = document_number(document, object, "duration_ns");
    plan->warmup_ns = document_number(document, object, "warmup_ns");
    plan->timeout_ns = document_number(document, object, "timeout_ns");
}

static void read_words(struct document *document, const char *key, uint64_t *counts)
{
    const struct json_t *object = document_object(document, NULL, key);

    for (size_t i = 0; i < REASON_WORDS; i++) {
        const char *name = reason_name((enum reason_word)i);

        if (object && document_has(document, object, name))
            counts[i] = document_number(document, object, name);
    }
}

/* What was sent and what came is enough for the sentence. */
static void read_difference(struct document *document, struct tally *tally)
{
    const struct json_t *object;
    const char *word;

    if (!document_has(document, NULL, "first_difference"))
        return;
    object = document_object(document, NULL, "first_difference");
    word = document_text(document, object, "word");
    tally->verdict.word = strcmp(word, "EXTRA") == 0     ? REASON_EXTRA
                          : strcmp(word, "FOREIGN") == 0 ? REASON_FOREIGN
                                                         : REASON_CORRUPT;
    tally->verdict.offset = document_number(document, object, "offset");
    tally->verdict.total = document_number(document, object, "total");
    if (tally->verdict.word == REASON_EXTRA) {
        tally->verdict.extra = document_number(document, object, "extra");
    } else if (tally->verdict.word == REASON_CORRUPT) {
        tally->verdict.sent[0] = (unsigned char)document_number(document, object, "sent");
        tally->verdict.got[0] = (unsigned char)document_number(document, object, "got");
    }
    tally->verdict_connection = document_number(document, NULL, "first_difference_connection");
}

static void read_tally(struct document *document, int open, struct tally *tally)
{
    const struct json_t *limits = document_object(document, NULL, "local_limits");
    const struct json_t *generator = document_object(document, NULL, "generator");

    tally->messages = document_number(document, NULL, "messages");
    tally->in_time = document_number(document, NULL, "messages_in_time");
    tally->bytes_sent = document_number(document, NULL, "bytes_sent");
    tally->bytes_received = document_number(document, NULL, "bytes_received");
    tally->bytes_in_time = document_number(document, NULL, "bytes_in_time");
    tally->lost = document_number(document, NULL, "lost");
    tally->unsent = document_number(document, NULL, "unsent");
    tally->connects = document_number(document, NULL, "connects");
    read_words(document, "connect_errors", tally->connect_errors);
    read_words(document, "errors", tally->errors);
    tally->no_port = document_number(document, limits, "ports");
    tally->no_descriptor = document_number(document, limits, "descriptors");
    tally->compared_bytes = document_number(document, generator, "compared_bytes");
    tally->compare_sample_bytes = document_number(document, generator, "compare_sample_bytes");
    tally->compare_sample_ns = document_number(document, generator, "compare_sample_ns");
    read_difference(document, tally);
    document_histogram(document, NULL, "connect", &tally->connect);
    document_histogram(document, NULL, "latency", &tally->latency);
    if (open) {
        document_histogram(document, NULL, "service", &tally->service);
        document_histogram(document, NULL, "slip", &tally->slip);
    }
}

static void read_result(struct document *document, int open, struct result *result)
{
    const struct json_t *generator = document_object(document, NULL, "generator");

    snprintf(result->endpoint, sizeof result->endpoint, "%s",
             document_text(document, NULL, "endpoint"));
    snprintf(result->address, sizeof result->address, "%s",
             document_text(document, NULL, "address"));
    snprintf(result->started, sizeof result->started, "%s",
             document_text(document, NULL, "started"));
    result->elapsed_ns = document_number(document, NULL, "elapsed_ns");
    result->interrupted = document_truth(document, NULL, "interrupted");
    result->connected = (unsigned)document_number(document, NULL, "connected");
    result->idle = (unsigned)document_number(document, NULL, "connected_idle");
    result->processes = (unsigned)document_number(document, generator, "processes");
    result->threads = (unsigned)document_number(document, generator, "threads");
    result->user_ns = document_number(document, generator, "user_ns");
    result->system_ns = document_number(document, generator, "system_ns");
    result->busiest = document_real(document, generator, "busiest");
    read_tally(document, open, result->tally);
}

/* The result of one process. */
static int add_line(struct document *document, struct plan *plan, struct result *result,
                    struct reason *why)
{
    struct result one = {.tally = tally_create()};
    struct plan its = *plan;
    int status = -1;

    if (!one.tally)
        return reason_errno(why, ENOMEM, "merge");
    read_plan(document, &its);
    read_result(document, its.rate > 0, &one);
    if (document->missing[0]) {
        reason_set(why, REASON_USAGE, 0, "the field \"%s\" is missing or of another type",
                   document->missing);
        goto out;
    }
    if (!result->processes) {
        struct tally *tally = result->tally;

        *plan = its;
        *result = one;
        result->tally = tally;
        tally_merge(tally, one.tally);
        status = 0;
        goto out;
    }
    if (plan->bulk != its.bulk || !plan->rate != !its.rate) {
        reason_set(why, REASON_USAGE, 0,
                   "an open loop, a closed loop and a bulk stream do not add up");
        goto out;
    }
    plan->rate += its.rate;
    plan->connections += its.connections;
    plan->idle += its.idle;
    plan->threads += its.threads;
    plan->messages += its.messages;
    if (its.size_min < plan->size_min)
        plan->size_min = its.size_min;
    if (its.size_max > plan->size_max)
        plan->size_max = its.size_max;
    result_merge(result, &one);
    status = 0;
out:
    tally_destroy(one.tally);
    return status;
}

static int add_file(FILE *file, struct plan *plan, struct result *result, struct reason *why)
{
    char *line = NULL;
    size_t size = 0, found = 0;
    int status = 0;

    while (status == 0 && getline(&line, &size, file) >= 0) {
        struct document document;

        status = document_parse(&document, line, why);
        if (status < 0)
            break;
        if (strcmp(document_text(&document, NULL, "type"), "result") == 0) {
            found++;
            status = add_line(&document, plan, result, why);
        }
        document_release(&document);
    }
    if (status == 0 && ferror(file))
        status = reason_errno(why, EIO, "read");
    free(line);
    if (status == 0 && !found)
        return reason_set(why, REASON_USAGE, 0, "no result in it (echo-bench -j writes one)");
    return status;
}

int record_merge(const char *path, struct plan *plan, struct result *result, struct reason *why)
{
    FILE *file = fopen(path, "re");
    struct reason inner;
    int status;

    if (!file)
        return reason_errno(why, errno, "open %s", path);
    status = add_file(file, plan, result, &inner);
    fclose(file);
    if (status < 0)
        return reason_set(why, inner.word, inner.code, "%.80s: %.150s", path, inner.text);
    return 0;
}
