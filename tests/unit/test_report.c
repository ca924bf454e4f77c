/* SPDX-License-Identifier: ISC */
#include "lib/testing.h"
#include "measure/report.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static struct histogram histogram;

/* Prints and compares. */
static void expect(struct report *report, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    struct reason why;

    assert_non_null(stream);
    assert_int_equal(report_print(report, stream, "x", &why), 0);
    fclose(stream);
    assert_string_equal(text, expected);
    free(text);
}

static void fields(void **state)
{
    struct report report;

    (void)state;
    report_init(&report);
    expect(&report, "{}\n");
    report_init(&report);
    report_number(&report, "zero", 0);
    report_number(&report, "large", INT64_MAX);
    report_null(&report, "unknown");
    report_real(&report, "rate", 51234.125);
    report_real(&report, "tenth", 0.1);
    report_real(&report, "none", NAN);
    report_truth(&report, "yes", 1);
    report_object(&report, "inner");
    report_text(&report, "word", "REFUSED");
    report_list(&report, "list");
    report_number(&report, NULL, 1);
    report_object(&report, NULL);
    report_end(&report);
    report_end(&report);
    report_end(&report);
    report_text(&report, "after", "x");
    expect(&report, "{\"zero\":0,\"large\":9223372036854775807,\"unknown\":null,\"rate\":51234.125,"
                    "\"tenth\":0.1,"
                    "\"none\":null,\"yes\":true,\"inner\":{\"word\":\"REFUSED\",\"list\":[1,{}]},"
                    "\"after\":\"x\"}\n");
}

/* Whatever a peer or a file name holds, the line stays JSON. */
static void bytes(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *json;
    } rows[] = {
        {"plain", 5, "\"plain\""},
        {"", 0, "\"\""},
        {"\"\\\n", 3, "\"\\\"\\\\\\n\""},
        {"a\0b", 3, "\"a\\u0000b\""},
        {"\xc3\xa4", 2, "\"\xc3\xa4\""},
        {"\xff", 1, "\"\\\\xff\""},
        {"a\xc3", 2, "\"a\\\\xc3\""},
        {"\x1b[2J\x80", 5, "\"\\\\x1b[2J\\\\x80\""},
        {"\xed\xa0\x80", 3, "\"\\\\xed\\\\xa0\\\\x80\""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct report report;
        char expected[80];

        report_init(&report);
        report_bytes(&report, "b", rows[i].bytes, rows[i].length);
        snprintf(expected, sizeof expected, "{\"b\":%s}\n", rows[i].json);
        expect(&report, expected);
    }
}

static void figures(void **state)
{
    struct report report;
    struct verdict verdict = {.word = REASON_CORRUPT,
                              .offset = 1,
                              .total = 3,
                              .sent = {0x41},
                              .got = {0x42},
                              .sent_length = 1,
                              .got_length = 1};
    struct reason reason;

    (void)state;
    report_init(&report);
    report_verdict(&report, "verdict", &verdict);
    reason_errno(&reason, ECONNREFUSED, "connect");
    report_reason(&report, "error", &reason);
    expect(&report, "{\"verdict\":{\"word\":\"CORRUPT\",\"offset\":1,\"total\":3,\"sent\":65,"
                    "\"got\":66,\"text\":\"CORRUPT at offset 1: sent 41, got 42\"},"
                    "\"error\":{\"word\":\"REFUSED\",\"code\":111,"
                    "\"text\":\"connect: Connection refused\"}}\n");
    histogram_init(&histogram);
    histogram_record(&histogram, 1000);
    histogram_record(&histogram, 3000);
    report_init(&report);
    report_histogram(&report, "rtt", &histogram, true);
    expect(&report, "{\"rtt\":{\"count\":2,\"min_ns\":1000,\"mean_ns\":2000.0,\"max_ns\":3000,"
                    "\"deviation_ns\":1000.0,\"p50_ns\":1000,\"p90_ns\":3000,\"p99_ns\":3000,"
                    "\"p99_9_ns\":3000,\"p99_99_ns\":3000,\"sum_ns\":4000,"
                    "\"buckets\":[[1000,1],[3000,1]]}}\n");
}

/* A full disk is told, with what was written to. */
/* What was not measured is no 0. */
static void nothing_measured(void **state)
{
    struct report report;

    (void)state;
    histogram_init(&histogram);
    report_init(&report);
    report_histogram(&report, "rtt", &histogram, false);
    expect(&report, "{\"rtt\":{\"count\":0,\"min_ns\":null,\"mean_ns\":null,\"max_ns\":null,"
                    "\"deviation_ns\":null,\"p50_ns\":null,\"p90_ns\":null,\"p99_ns\":null,"
                    "\"p99_9_ns\":null,\"p99_99_ns\":null}}\n");
}

/* A number that JSON readers do not hold is never another number. */
static void too_large(void **state)
{
    struct report report;
    struct reason why;
    char text[8] = "", sentence[100];
    FILE *stream = fmemopen(text, sizeof text, "w");

    (void)state;
    assert_non_null(stream);
    report_init(&report);
    report_number(&report, "seed", (uint64_t)INT64_MAX + 1);
    assert_int_equal(report_print(&report, stream, "report.json", &why), -1);
    snprintf(sentence, sizeof sentence, "write report.json: %s", strerror(EOVERFLOW));
    assert_string_equal(why.text, sentence);
    fclose(stream);
    assert_string_equal(text, "");
}

static void full(void **state)
{
    struct report report;
    struct reason why;
    FILE *stream = fopen("/dev/full", "w");

    (void)state;
    assert_non_null(stream);
    report_init(&report);
    assert_int_equal(report_print(&report, stream, "report.json", &why), -1);
    assert_string_equal(why.text, "write report.json: No space left on device");
    assert_int_equal(why.word, REASON_OTHER);
    fclose(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields),           cmocka_unit_test(bytes),     cmocka_unit_test(figures),
        cmocka_unit_test(nothing_measured), cmocka_unit_test(too_large), cmocka_unit_test(full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
