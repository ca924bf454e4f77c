/* SPDX-License-Identifier: ISC */
#include "bench/merge.h"

#include "base/hash.h"
#include "bench/engine/workload.h"
#include "measure/document.h"

#include <errno.h>
#include <inttypes.h>
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

/* Of a field that not every report has, those of older versions as well. */
static uint64_t number_if_any(struct document *document, const struct json_t *object,
                              const char *key)
{
    return document_has(document, object, key) ? document_number(document, object, key) : 0;
}

static void read_plan(struct document *document, struct plan *plan)
{
    const struct json_t *object = document_object(document, NULL, "plan");
    const char *mode = document_text(document, object, "mode");

    plan->workload = workload_find(mode);
    plan->rate = strcmp(mode, "open") == 0 ? document_number(document, object, "rate") : 0;
    if (plan->rate)
        plan->arrival = (enum pacer_arrival)name_index(plan_arrival_names,
                                                       document_text(document, object, "arrival"));
    plan->seed = number_if_any(document, object, "seed");
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
    plan->messages = number_if_any(document, object, "messages");
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

static void read_tally(struct document *document, bool open, struct tally *tally)
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
    tally->fallbacks = number_if_any(document, NULL, "fallbacks");
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

static void read_result(struct document *document, bool open, struct result *result)
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

static struct result_print print_of(const struct plan *plan, const struct result *result)
{
    const uint64_t numbers[] = {plan->seed,
                                result->elapsed_ns,
                                result->user_ns,
                                result->system_ns,
                                result->tally->latency.sum_ns,
                                result->tally->connect.sum_ns};
    uint64_t hash = hash_fnv1a(HASH_FNV1A_START, result->endpoint, strlen(result->endpoint) + 1);
    struct result_print print;

    hash = hash_fnv1a(hash, result->started, strlen(result->started) + 1);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        for (unsigned shift = 0; shift < 64; shift += 8) /* the same on every machine */
            hash = hash_fnv1a(hash, &(unsigned char){(unsigned char)(numbers[i] >> shift)}, 1);
    snprintf(print.text, sizeof print.text, "%016" PRIx64, hash);
    return print;
}

/* A result that was added, and where it came from. */
struct merge_source {
    const char *path;
    struct result_print print;
};

static int add_print(struct result *result, const struct result_print *print, struct reason *why)
{
    struct result_print *grown =
        realloc(result->prints, (result->print_count + 1) * sizeof *result->prints);

    if (!grown)
        return reason_errno(why, ENOMEM, "merge");
    result->prints = grown;
    grown[result->print_count++] = *print;
    return 0;
}

/* That of a result, or those of all that a merged one is made of. */
static int read_prints(struct document *document, const struct plan *plan, struct result *result,
                       struct reason *why)
{
    struct result_print print = print_of(plan, result);
    const char *text;

    if (!document_has(document, NULL, "merged_from"))
        return add_print(result, &print, why);
    for (size_t i = 0; (text = document_list_text(document, NULL, "merged_from", i)); i++) {
        snprintf(print.text, sizeof print.text, "%s", text);
        if (add_print(result, &print, why) < 0)
            return -1;
    }
    return 0;
}

/* Notes where a result came from; refuses one of which any part was there before. */
static int add_sources(struct merge *merge, const struct result *result, const char *path,
                       struct reason *why)
{
    struct merge_source *grown;

    for (size_t i = 0; i < merge->source_count; i++)
        for (size_t j = 0; j < result->print_count; j++)
            if (strcmp(merge->sources[i].print.text, result->prints[j].text) == 0)
                return reason_set(why, REASON_USAGE, 0,
                                  "the result of %.60s is already added, from %.60s",
                                  result->endpoint, merge->sources[i].path);
    grown =
        realloc(merge->sources, (merge->source_count + result->print_count + 1) * sizeof *grown);
    if (!grown)
        return reason_errno(why, ENOMEM, "merge");
    merge->sources = grown;
    for (size_t j = 0; j < result->print_count; j++)
        grown[merge->source_count++] =
            (struct merge_source){.path = path, .print = result->prints[j]};
    return 0;
}

static struct merge_part *find_part(const struct merge *merge, const char *endpoint)
{
    for (size_t i = 0; i < merge->part_count; i++)
        if (strcmp(merge->parts[i].result.endpoint, endpoint) == 0)
            return &merge->parts[i];
    return NULL;
}

/* The first result of its endpoint; it is taken over. */
static int add_part(struct merge *merge, const struct plan *plan, struct result *result,
                    struct reason *why)
{
    struct merge_part *grown =
        realloc(merge->parts, (merge->part_count + 1) * sizeof *merge->parts);

    if (!grown)
        return reason_errno(why, ENOMEM, "merge");
    merge->parts = grown;
    grown[merge->part_count].plan = *plan;
    grown[merge->part_count++].result = *result;
    *result = (struct result){0};
    return 0;
}

static int add_to_part(struct merge_part *part, const struct plan *plan,
                       const struct result *result, struct reason *why)
{
    if (part->plan.workload != plan->workload || !part->plan.rate != !plan->rate)
        return reason_set(why, REASON_USAGE, 0,
                          "an open loop, a closed loop and a bulk stream do not add up");
    part->plan.rate += plan->rate;
    part->plan.connections += plan->connections;
    part->plan.idle += plan->idle;
    part->plan.threads += plan->threads;
    part->plan.messages += plan->messages;
    if (plan->size_min < part->plan.size_min)
        part->plan.size_min = plan->size_min;
    if (plan->size_max > part->plan.size_max)
        part->plan.size_max = plan->size_max;
    result_merge(&part->result, result);
    for (size_t i = 0; i < result->print_count; i++)
        if (add_print(&part->result, &result->prints[i], why) < 0)
            return -1;
    return 0;
}

/* The result of one process. */
static int add_result(struct merge *merge, struct document *document, const char *path,
                      struct reason *why)
{
    struct result result = {.tally = tally_create()};
    struct plan *plan = malloc(sizeof *plan); /* too large for a small stack */
    struct merge_part *part;
    int status = -1;

    if (!result.tally || !plan) {
        reason_errno(why, ENOMEM, "merge");
        goto out;
    }
    *plan = *merge->plan;
    read_plan(document, plan);
    read_result(document, plan->rate > 0, &result);
    if (read_prints(document, plan, &result, why) < 0)
        goto out;
    part = find_part(merge, result.endpoint);
    if (document->missing[0])
        reason_set(why, REASON_USAGE, 0, "the field \"%s\" is missing or of another type",
                   document->missing);
    else if (add_sources(merge, &result, path, why) == 0)
        status = part ? add_to_part(part, plan, &result, why) : add_part(merge, plan, &result, why);
out:
    free(plan);
    free(result.prints);
    tally_destroy(result.tally);
    return status;
}

static int add_documents(struct merge *merge, struct document_reader *reader, const char *path,
                         struct reason *why)
{
    struct document document;
    size_t found = 0;
    int status;

    while ((status = document_read(reader, &document, why)) > 0) {
        if (strcmp(document_text(&document, NULL, "type"), "result") == 0) {
            found++;
            status = add_result(merge, &document, path, why);
        }
        document_release(&document);
        if (status < 0)
            return -1;
    }
    if (status == 0 && !found)
        return reason_set(why, REASON_USAGE, 0, "no result in it (echo-bench -j writes one)");
    return status;
}

void merge_init(struct merge *merge, const struct plan *plan)
{
    *merge = (struct merge){.plan = plan};
}

int merge_add_file(struct merge *merge, const char *path, struct reason *why)
{
    struct document_reader reader = {.file = fopen(path, "re")};
    struct reason inner;
    int status;

    if (!reader.file)
        return reason_errno(why, errno, "open %s", path);
    status = add_documents(merge, &reader, path, &inner);
    document_reader_release(&reader);
    fclose(reader.file);
    if (status < 0)
        return reason_set(why, inner.word, inner.code, "%.80s: %.150s", path, inner.text);
    return 0;
}

void merge_release(struct merge *merge)
{
    for (size_t i = 0; i < merge->part_count; i++) {
        tally_destroy(merge->parts[i].result.tally);
        free(merge->parts[i].result.prints);
    }
    free(merge->parts);
    free(merge->sources);
}
