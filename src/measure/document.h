/* SPDX-License-Identifier: ISC */
/* JSON reports read back. A field that is missing or of another type reads as 0 and is noted: the
 * caller reads all it needs and asks once at the end. */
#ifndef MEASURE_DOCUMENT_H
#define MEASURE_DOCUMENT_H

#include "base/reason.h"
#include "measure/histogram.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json_t; /* jansson's */

struct document {
    struct json_t *root;
    char missing[64]; /* the first such field; "" while all are there */
};

/* A file of JSON values, one after another; lists are taken apart. */
struct document_reader {
    FILE *file;
    struct json_t *list; /* being taken apart */
    size_t next;
};

/* Reads the next object: 1, or 0 at the end of the file. USAGE when it is not JSON or not an
 * object. document_release frees it. */
int document_read(struct document_reader *reader, struct document *document,
                  struct reason *why) MUST_CHECK;
/* Frees what the reader holds; the file stays open. */
void document_reader_release(struct document_reader *reader);

void document_release(struct document *document);

/* The inner object of that key of object, NULL when missing (then noted); object NULL is the whole
 * document. The result belongs to the document, as do texts. */
const struct json_t *document_object(struct document *document, const struct json_t *object,
                                     const char *key);
const char *document_text(struct document *document, const struct json_t *object,
                          const char *key); /* "" when missing */
/* The text at that place of a list; NULL after its end, and when there is no list of texts (then
 * noted). */
const char *document_list_text(struct document *document, const struct json_t *object,
                               const char *key, size_t place);
uint64_t document_number(struct document *document, const struct json_t *object, const char *key);
double document_real(struct document *document, const struct json_t *object, const char *key);
bool document_truth(struct document *document, const struct json_t *object, const char *key);
/* What report_histogram wrote with buckets. */
void document_histogram(struct document *document, const struct json_t *object, const char *key,
                        struct histogram *histogram);
/* Whether there is such a field; notes nothing. */
bool document_has(const struct document *document, const struct json_t *object, const char *key);

#endif
