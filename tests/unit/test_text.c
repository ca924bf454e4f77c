/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "base/text.h"
#include "lib/testing.h"

static void numbers(void **state)
{
    static const struct {
        const char *text;
        uint64_t value;
    } good[] = {{"0", 0}, {"7", 7}, {"65535", 65535}, {"18446744073709551615", UINT64_MAX}};
    static const char *const bad[] = {"",
                                      " 7",
                                      "7 ",
                                      "7x",
                                      "+7",
                                      "-7",
                                      "-0",
                                      "07",
                                      "00",
                                      "0x7",
                                      "1e3",
                                      "7.0",
                                      "\xd9\xa7",
                                      "18446744073709551616",
                                      "99999999999999999999"};
    struct reason why;
    uint64_t value;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_int_equal(text_number(good[i].text, 0, UINT64_MAX, &value, &why), 0);
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        value = 42;
        if (text_number(bad[i], 0, UINT64_MAX, &value, &why) == 0)
            fail_msg("\"%s\" was taken for a number", bad[i]);
        assert_true(value == 42);
        assert_int_equal(why.word, REASON_USAGE);
    }
    assert_int_equal(text_number("65536", 0, 65535, &value, &why), -1);
    assert_string_equal(why.text, "65536 is outside 0 to 65535");
}

static void octals(void **state)
{
    static const struct {
        const char *text;
        uint64_t value;
    } good[] = {{"0660", 0660}, {"660", 0660},  {"0", 0},       {"7777", 07777},
                {"0000", 0},    {"0044", 0044}, {"0006", 0006}, {"00660", 0660}};
    static const char *const bad[] = {"", "8", "0o660", "10000", "u+w", "00668", " 660"};
    uint64_t value;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_int_equal(text_octal(good[i].text, 07777, &value, NULL), 0);
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        if (text_octal(bad[i], 07777, &value, NULL) == 0)
            fail_msg("\"%s\" was taken for a mode", bad[i]);
}

static void sizes(void **state)
{
    static const struct {
        const char *text;
        uint64_t value;
        const char *formatted;
    } good[] = {{"512", 512, "512"},
                {"0", 0, "0"},
                {"64KiB", 65536, "64KiB"},
                {"1MB", 1000000, "1MB"},
                {"1kB", 1000, "1KB"},
                {"1KB", 1000, "1KB"},
                {"2GiB", UINT64_C(2) << 30, "2GiB"},
                {"1024", 1024, "1KiB"},
                {"10B", 10, "10"},
                {"4K", 4096, "4KiB"},
                {"3M", 3 << 20, "3MiB"},
                {"1G", 1 << 30, "1GiB"},
                {"2T", UINT64_C(2) << 40, "2TiB"}};
    static const char *const bad[] = {"",     "KiB",       "K",          "64 KiB", "64kib",
                                      "1k",   "1.5MB",     "1,5M",       "-1",     "064",
                                      "1MBB", "99999999T", "99999999TiB"};
    char text[32];
    uint64_t value;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_int_equal(text_size(good[i].text, 0, UINT64_MAX, &value, NULL), 0);
        assert_true(value == good[i].value);
        assert_string_equal(text_format_size(value, text, sizeof text), good[i].formatted);
        assert_int_equal(text_size(text, 0, UINT64_MAX, &value, NULL), 0);
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        if (text_size(bad[i], 0, UINT64_MAX, &value, NULL) == 0)
            fail_msg("\"%s\" was taken for a size", bad[i]);
}

static void rates(void **state)
{
    static const struct {
        const char *text;
        uint64_t value;
    } good[] = {{"1", 1}, {"500", 500}, {"10k", 10000}, {"2M", 2000000}, {"0", 0}};
    static const char *const bad[] = {"",
                                      "k",
                                      "10K",
                                      "1m",
                                      "10 k",
                                      "100.5",
                                      "0,2",
                                      "1.5k",
                                      "-1k",
                                      "01k",
                                      "10kk",
                                      "1e3",
                                      "99999999999999999999k"};
    struct reason why;
    uint64_t value;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_int_equal(text_rate(good[i].text, 0, UINT64_MAX, &value, NULL), 0);
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        if (text_rate(bad[i], 0, UINT64_MAX, &value, &why) == 0)
            fail_msg("\"%s\" was taken for a rate", bad[i]);
    assert_int_equal(text_rate("100.5", 1, 1000, &value, &why), -1);
    assert_string_equal(why.text,
                        "\"100.5\" is not a whole number per second such as 500, 10k or 2M");
    assert_int_equal(text_rate("2k", 1, 1000, &value, &why), -1);
    assert_string_equal(why.text, "2k is outside 1 to 1000");
}

static void commas(void **state)
{
    static const struct {
        const char *text;
        enum text_unit rule;
        const char *sentence;
    } rows[] = {{"0,2", TEXT_UNIT_SECONDS, "\"0,2\" has a comma: write 0.2"},
                {"1,5ms", TEXT_UNIT_SECONDS, "\"1,5ms\" has a comma: write 1.5ms"},
                {"0,2", TEXT_UNIT_REQUIRED, "\"0,2\" has a comma: write 0.2s"},
                {"0,2m", TEXT_UNIT_REQUIRED, "\"0,2m\" has a comma: write 0.2m"}};
    struct reason why;
    uint64_t value;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(
            text_duration(rows[i].text, rows[i].rule, 0, UINT64_MAX >> 1, &value, &why), -1);
        assert_string_equal(why.text, rows[i].sentence);
    }
}

static void durations(void **state)
{
    static const struct {
        const char *text;
        enum text_unit rule;
        uint64_t value;
        const char *formatted;
    } good[] = {{"0", TEXT_UNIT_REQUIRED, 0, "0"},
                {"500ms", TEXT_UNIT_REQUIRED, 500 * NS_PER_MS, "500ms"},
                {"30s", TEXT_UNIT_REQUIRED, 30 * NS_PER_S, "30s"},
                {"5m", TEXT_UNIT_REQUIRED, 300 * NS_PER_S, "5m"},
                {"90s", TEXT_UNIT_REQUIRED, 90 * NS_PER_S, "90s"},
                {"1.5s", TEXT_UNIT_REQUIRED, 1500 * NS_PER_MS, "1500ms"},
                {"0.2", TEXT_UNIT_SECONDS, 200 * NS_PER_MS, "200ms"},
                {"2", TEXT_UNIT_SECONDS, 2 * NS_PER_S, "2s"},
                {"0.000000001", TEXT_UNIT_SECONDS, 1, "1ns"},
                {".2", TEXT_UNIT_SECONDS, 200 * NS_PER_MS, "200ms"},
                {".5s", TEXT_UNIT_REQUIRED, 500 * NS_PER_MS, "500ms"},
                {"1.5d", TEXT_UNIT_REQUIRED, 129600 * NS_PER_S, "36h"}};
    static const struct {
        const char *text;
        enum text_unit rule;
    } bad[] = {{"", TEXT_UNIT_SECONDS},
               {"s", TEXT_UNIT_SECONDS},
               {"5", TEXT_UNIT_REQUIRED},
               {"-1s", TEXT_UNIT_SECONDS},
               {"1.s", TEXT_UNIT_SECONDS},
               {".", TEXT_UNIT_SECONDS},
               {".s", TEXT_UNIT_SECONDS},
               {"-.2", TEXT_UNIT_SECONDS},
               {",2", TEXT_UNIT_SECONDS},
               {"0,", TEXT_UNIT_SECONDS},
               {"5 s", TEXT_UNIT_SECONDS},
               {"5S", TEXT_UNIT_SECONDS},
               {"1e3s", TEXT_UNIT_SECONDS},
               {"05s", TEXT_UNIT_SECONDS},
               {"0.0000000001", TEXT_UNIT_SECONDS},
               {"0.0", TEXT_UNIT_REQUIRED},
               {"99999999999999999999d", TEXT_UNIT_SECONDS},
               {"99999999999d", TEXT_UNIT_SECONDS}};
    static const struct {
        const char *text;
        uint64_t min_ns;
        const char *sentence;
    } outside[] = {{"0", 1, "0 is too short: write a time longer than 0"},
                   {"0.0s", 1, "0.0s is too short: write a time longer than 0"},
                   {"2m", 1, "2m is outside 0 to 1m"},
                   {"2m", 0, "2m is outside 0 to 1m"},
                   {"0", NS_PER_MS, "0 is outside 1ms to 1m"}};
    struct reason why;
    char text[32];
    uint64_t value;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_int_equal(
            text_duration(good[i].text, good[i].rule, 0, UINT64_MAX >> 1, &value, NULL), 0);
        assert_true(value == good[i].value);
        assert_string_equal(text_format_duration(value, text, sizeof text), good[i].formatted);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        if (text_duration(bad[i].text, bad[i].rule, 0, UINT64_MAX >> 1, &value, NULL) == 0)
            fail_msg("\"%s\" was taken for a duration", bad[i].text);
    for (size_t i = 0; i < COUNT(outside); i++) {
        assert_int_equal(text_duration(outside[i].text, TEXT_UNIT_SECONDS, outside[i].min_ns,
                                       60 * NS_PER_S, &value, &why),
                         -1);
        assert_string_equal(why.text, outside[i].sentence);
    }
}

static void escapes(void **state)
{
    unsigned char every[256];
    char text[1100];

    (void)state;
    assert_int_equal(text_escape(text, sizeof text, "a\\b\n\x1b", 5), 12);
    assert_string_equal(text, "a\\\\b\\x0a\\x1b");
    assert_int_equal(text_escape(text, 6, "ab\n", 3), 2);
    assert_string_equal(text, "ab");
    for (unsigned i = 0; i < sizeof every; i++)
        every[i] = (unsigned char)i;
    text_escape(text, sizeof text, every, sizeof every);
    for (const char *c = text; *c; c++)
        assert_true(*c >= 0x20 && *c <= 0x7e);
    assert_int_equal(strlen(text), 94 + 2 + 161 * 4);
}

static void nearest(void **state)
{
    static const char *const names[] = {"listeners", "limits", "log", "workers", NULL};

    (void)state;
    assert_string_equal(text_nearest("listener", names), "listeners");
    assert_string_equal(text_nearest("worker", names), "workers");
    assert_string_equal(text_nearest("lgo", names), "log");
    assert_null(text_nearest("colour", names));
}

/* The shell is asked what it makes of a word. */
static void quoted_words(void **state)
{
    static const struct {
        const char *word, *text;
    } table[] = {
        {"unix:/tmp/echo.sock", "unix:/tmp/echo.sock"},
        {"localhost:7777", "localhost:7777"},
        {"[::1]:7", "'[::1]:7'"},
        {"", "''"},
        {"a b", "'a b'"},
        {"it's", "'it'\\''s'"},
        {"$HOME`;\\\"*?~", "'$HOME`;\\\"*?~'"},
        {"a'b'c", "'a'\\''b'\\''c'"},
    };
    char text[64], command[160], word[64];

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        FILE *shell;
        size_t length;

        assert_string_equal(text_quote_word(text, sizeof text, table[i].word), table[i].text);
        snprintf(command, sizeof command, "printf %%s %s", text);
        shell = popen(command, "r");
        assert_non_null(shell);
        length = fread(word, 1, sizeof word - 1, shell);
        word[length] = '\0';
        assert_int_equal(pclose(shell), 0);
        assert_string_equal(word, table[i].word);
    }
    for (size_t size = 1; size < 12; size++) {
        memset(text, '#', sizeof text);
        text_quote_word(text, size, "a 'b' c");
        assert_true(strlen(text) < size && text[size] == '#');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers), cmocka_unit_test(octals),  cmocka_unit_test(sizes),
        cmocka_unit_test(rates),   cmocka_unit_test(commas),  cmocka_unit_test(durations),
        cmocka_unit_test(escapes), cmocka_unit_test(nearest), cmocka_unit_test(quoted_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
