/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "lib/testing.h"
#include "measure/document.h"
#include "measure/report.h"

#include <math.h>
#include <stdlib.h>

static struct histogram original, copy;

/* The number of objects in a text, of which document gets the first; or what document_read answers
 * when it refuses one. */
static int parse(struct document *document, const char *text, struct reason *why)
{
    struct document_reader reader = {.file = fmemopen((void *)(uintptr_t)text, strlen(text), "r")};
    struct document next;
    int count = 0, status;

    assert_non_null(reader.file);
    while ((status = document_read(&reader, count ? &next : document, why)) > 0)
        if (count++)
            document_release(&next);
    if (status < 0 && count)
        document_release(document);
    document_reader_release(&reader);
    fclose(reader.file);
    return status < 0 ? status : count;
}

/* A histogram that went through JSON is the same one. */
static void histogram_survives(void **state)
{
    struct report report;
    struct document document;
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    uint64_t random = 3;

    (void)state;
    assert_non_null(stream);
    histogram_init(&original);
    for (unsigned i = 0; i < 5000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        histogram_record(&original, random >> (26 + random % 38));
    }
    report_init(&report);
    report_histogram(&report, "full", &original, true);
    histogram_init(&copy);
    report_histogram(&report, "empty", &copy, true);
    for (uint64_t i = 0; i < 1000; i++)
        histogram_record(&copy, 59 * NS_PER_S + i % 2 * 100);
    report_histogram(&report, "narrow", &copy, true);
    assert_int_equal(report_print(&report, stream, "x", NULL), 0);
    fclose(stream);
    assert_int_equal(parse(&document, text, NULL), 1);
    document_histogram(&document, NULL, "full", &copy);
    assert_string_equal(document.missing, "");
    assert_memory_equal(copy.buckets, original.buckets, sizeof copy.buckets);
    assert_true(copy.count == original.count && copy.sum_ns == original.sum_ns);
    assert_true(copy.min_ns == original.min_ns && copy.max_ns == original.max_ns);
    assert_true(fabs(histogram_deviation(&copy) / histogram_deviation(&original) - 1) < 1e-9);
    document_histogram(&document, NULL, "narrow", &copy);
    assert_true(fabs(histogram_deviation(&copy) - 50) < 1e-6);
    document_histogram(&document, NULL, "empty", &copy);
    assert_string_equal(document.missing, "");
    assert_true(copy.count == 0);
    document_release(&document);
    free(text);
}

static void fields(void **state)
{
    static const char line[] =
        "{\"n\":7,\"r\":1.5,\"t\":\"x\",\"b\":true,\"o\":{\"n\":8},\"neg\":-1}";
    struct document document;
    const struct json_t *inner;

    (void)state;
    assert_int_equal(parse(&document, line, NULL), 1);
    inner = document_object(&document, NULL, "o");
    assert_int_equal(document_number(&document, NULL, "n"), 7);
    assert_int_equal(document_number(&document, inner, "n"), 8);
    assert_true(document_real(&document, NULL, "r") > 1.4);
    assert_string_equal(document_text(&document, NULL, "t"), "x");
    assert_true(document_truth(&document, NULL, "b"));
    assert_true(document_has(&document, NULL, "r") && !document_has(&document, NULL, "q"));
    assert_string_equal(document.missing, "");
    assert_int_equal(document_number(&document, NULL, "neg"), 0);
    assert_string_equal(document.missing, "neg");
    assert_string_equal(document_text(&document, NULL, "n"), "");
    assert_null(document_object(&document, NULL, "n"));
    assert_string_equal(document.missing, "neg");
    document_release(&document);
}

static void list(void **state)
{
    static const struct {
        const char *line;
        unsigned count;
        const char *missing;
    } rows[] = {{"{\"l\":[]}", 0, ""},
                {"{\"l\":[\"x\",\"x\"]}", 2, ""},
                {"{}", 0, "l"},
                {"{\"l\":\"x\"}", 0, "l"},
                {"{\"l\":[\"x\",1]}", 1, "l"},
                {"{\"l\":{\"x\":\"x\"}}", 0, "l"}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct document document;
        const char *text;
        unsigned count = 0;

        assert_int_equal(parse(&document, rows[i].line, NULL), 1);
        while ((text = document_list_text(&document, NULL, "l", count))) {
            assert_string_equal(text, "x");
            count++;
        }
        assert_int_equal(count, rows[i].count);
        assert_string_equal(document.missing, rows[i].missing);
        document_release(&document);
    }
}

/* What somebody else made of a report is refused and never crashes. */
static void damaged(void **state)
{
    static const char *const histograms[] = {
        "1",
        "{}",
        "{\"buckets\":1}",
        "{\"buckets\":[1]}",
        "{\"buckets\":[[5,0]]}",
        "{\"buckets\":[[-5,1]]}",
        "{\"buckets\":[[5]]}",
        "{\"buckets\":[[5,1]]}",
        "{\"buckets\":[[5,1]],\"count\":2,\"sum_ns\":5,\"min_ns\":5,\"max_ns\":5,\"deviation_ns\":"
        "0}",
        "{\"buckets\":[[5,1]],\"count\":1,\"sum_ns\":5,\"min_ns\":4,\"max_ns\":5,\"deviation_ns\":"
        "0}",
        "{\"buckets\":[[5,1]],\"count\":1,\"sum_ns\":5,\"min_ns\":5,\"max_ns\":9,\"deviation_ns\":"
        "0}",
    };
    static const char *const lines[] = {"x", "3", "[3]", "{\"a\":1", "{\"a\":1}x", "[{}"};
    struct document document;
    struct reason why;

    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        assert_int_equal(parse(&document, lines[i], &why), -1);
        assert_int_equal(why.word, REASON_USAGE);
    }
    assert_int_equal(parse(&document, "", &why), 0);
    assert_int_equal(parse(&document, "[]", &why), 0);
    assert_int_equal(parse(&document, "{\"a\":1}[{}, {}]", &why), 3);
    document_release(&document);
    for (size_t i = 0; i < COUNT(histograms); i++) {
        char line[256];

        snprintf(line, sizeof line, "{\"h\":%s}", histograms[i]);
        assert_int_equal(parse(&document, line, &why), 1);
        document_histogram(&document, NULL, "h", &copy);
        if (!document.missing[0])
            fail_msg("%s was taken", histograms[i]);
        document_release(&document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(histogram_survives),
        cmocka_unit_test(fields),
        cmocka_unit_test(list),
        cmocka_unit_test(damaged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
