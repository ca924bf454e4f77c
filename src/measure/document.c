/* SPDX-License-Identifier: ISC */
#include "measure/document.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

/* The next value of the file, NULL at its end; -1 with *why. */
static int read_value(FILE *file, json_t **value, struct reason *why)
{
    json_error_t error;
    int byte;

    *value = NULL;
    do
        byte = getc(file);
    while (byte != EOF && isspace(byte));
    if (byte == EOF)
        return ferror(file) ? reason_errno(why, errno, "read") : 0;
    ungetc(byte, file);
    *value = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error);
    return *value ? 0 : reason_set(why, REASON_USAGE, 0, "not JSON: %.100s", error.text);
}

int document_read(struct document_reader *reader, struct document *document, struct reason *why)
{
    json_t *value = NULL;

    while (reader->next == json_array_size(reader->list)) {
        document_reader_release(reader);
        if (read_value(reader->file, &value, why) < 0)
            return -1;
        if (!json_is_array(value))
            break;
        reader->list = value;
    }
    if (reader->list)
        value = json_incref(json_array_get(reader->list, reader->next++));
    *document = (struct document){.root = value};
    if (!value)
        return 0;
    if (json_is_object(value))
        return 1;
    document_release(document);
    return reason_set(why, REASON_USAGE, 0, "not a JSON object");
}

void document_reader_release(struct document_reader *reader)
{
    json_decref(reader->list);
    reader->list = NULL;
    reader->next = 0;
}

void document_release(struct document *document)
{
    json_decref(document->root);
    document->root = NULL;
}

static json_t *get(const struct document *document, const json_t *object, const char *key)
{
    return json_object_get(object ? object : document->root, key);
}

static void note(struct document *document, const char *key)
{
    if (!document->missing[0])
        snprintf(document->missing, sizeof document->missing, "%s", key);
}

bool document_has(const struct document *document, const struct json_t *object, const char *key)
{
    return get(document, object, key) != NULL;
}

const struct json_t *document_object(struct document *document, const struct json_t *object,
                                     const char *key)
{
    json_t *value = get(document, object, key);

    if (json_is_object(value))
        return value;
    note(document, key);
    return NULL;
}

const char *document_text(struct document *document, const struct json_t *object, const char *key)
{
    const char *text = json_string_value(get(document, object, key));

    if (text)
        return text;
    note(document, key);
    return "";
}

const char *document_list_text(struct document *document, const struct json_t *object,
                               const char *key, size_t place)
{
    json_t *list = get(document, object, key);
    const char *text = json_string_value(json_array_get(list, place));

    if (!json_is_array(list) || (!text && place < json_array_size(list)))
        note(document, key);
    return text;
}

uint64_t document_number(struct document *document, const struct json_t *object, const char *key)
{
    json_t *value = get(document, object, key);

    if (json_is_integer(value) && json_integer_value(value) >= 0)
        return (uint64_t)json_integer_value(value);
    note(document, key);
    return 0;
}

double document_real(struct document *document, const struct json_t *object, const char *key)
{
    json_t *value = get(document, object, key);

    if (json_is_number(value))
        return json_number_value(value);
    note(document, key);
    return 0;
}

bool document_truth(struct document *document, const struct json_t *object, const char *key)
{
    json_t *value = get(document, object, key);

    if (json_is_boolean(value))
        return json_is_true(value);
    note(document, key);
    return false;
}

void document_histogram(struct document *document, const struct json_t *object, const char *key,
                        struct histogram *histogram)
{
    const struct json_t *figures = document_object(document, object, key);
    json_t *buckets = figures ? json_object_get(figures, "buckets") : NULL;
    uint64_t sum = 0;

    histogram_init(histogram);
    if (!json_is_array(buckets)) {
        note(document, key);
        return;
    }
    for (size_t i = 0; i < json_array_size(buckets); i++) {
        json_t *bucket = json_array_get(buckets, i);
        json_int_t lowest = json_integer_value(json_array_get(bucket, 0));
        json_int_t count = json_integer_value(json_array_get(bucket, 1));

        if (lowest < 0 || count <= 0) {
            note(document, "buckets");
            return;
        }
        histogram->buckets[histogram_index((uint64_t)lowest)] += (uint64_t)count;
        sum += (uint64_t)count;
    }
    if (!sum)
        return;
    histogram->count = document_number(document, figures, "count");
    histogram->sum_ns = document_number(document, figures, "sum_ns");
    histogram->min_ns = document_number(document, figures, "min_ns");
    histogram->max_ns = document_number(document, figures, "max_ns");
    /* Percentiles walk from the minimum's bucket to the maximum's: they must hold all. */
    if (histogram->count != sum || !histogram->buckets[histogram_index(histogram->min_ns)] ||
        !histogram->buckets[histogram_index(histogram->max_ns)])
        note(document, "count");
    if (histogram->count)
        histogram_set_deviation(histogram, document_real(document, figures, "deviation_ns"));
}
