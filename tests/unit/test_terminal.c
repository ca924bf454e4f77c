/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "lib/testing.h"
#include "measure/progress.h"
#include "measure/terminal.h"

#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static int master = -1;
static FILE *screen;

static int setup(void **state)
{
    struct termios plain;
    int slave;

    (void)state;
    memset(&plain, 0, sizeof plain);
    cfmakeraw(&plain);
    if (openpty(&master, &slave, NULL, &plain, NULL) < 0)
        return -1;
    screen = fdopen(slave, "w");
    return screen ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    fclose(screen);
    close(master);
    return 0;
}

/* What arrived on the screen after everything was flushed. */
static void expect(const char *expected)
{
    char text[512];
    size_t used = 0;

    while (used < strlen(expected)) {
        ssize_t count = read(master, text + used, sizeof text - 1 - used);

        assert_true(count > 0);
        used += (size_t)count;
    }
    text[used] = '\0';
    assert_string_equal(text, expected);
}

static const struct {
    const char *bytes, *utf8, *ascii;
} rows[] = {
    {"plain text\n", "plain text\n", "plain text\n"},
    {"tab\tback\\slash", "tab\tback\\slash", "tab\tback\\slash"},
    {"\x1b[2J\a\r\x7f", "\\x1b[2J\\x07\\x0d\\x7f", "\\x1b[2J\\x07\\x0d\\x7f"},
    {"Gr\xc3\xbc\xc3\x9f", "Gr\xc3\xbc\xc3\x9f", "Gr\\xc3\\xbc\\xc3\\x9f"},
    {"\xe2\x82\xac\xf0\x9f\x99\x82", "\xe2\x82\xac\xf0\x9f\x99\x82",
     "\\xe2\\x82\\xac\\xf0\\x9f\\x99\\x82"},
    {"\xc2\x9b"
     "1m",
     "\\xc2\\x9b1m", "\\xc2\\x9b1m"},                                     /* C1 control */
    {"\xe2\x80\xae", "\\xe2\\x80\\xae", "\\xe2\\x80\\xae"},               /* right to left */
    {"\xc0\xaf", "\\xc0\\xaf", "\\xc0\\xaf"},                             /* overlong */
    {"\xe0\x80\xaf", "\\xe0\\x80\\xaf", "\\xe0\\x80\\xaf"},               /* overlong */
    {"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80"},               /* surrogate */
    {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80"}, /* too large */
    {"\xc3"
     "a\xc3\xc3\xa4",
     "\\xc3a\\xc3\xc3\xa4", "\\xc3a\\xc3\\xc3\\xa4"}, /* cut sequences */
    {"\x80\xbf\xff", "\\x80\\xbf\\xff", "\\x80\\xbf\\xff"},
    {"end\xe2\x82", "end\\xe2\\x82", "end\\xe2\\x82"},
};

/* In chunks of every size, as a stream delivers them. */
static void escapes(void **state)
{
    (void)state;
    for (int utf8 = 0; utf8 < 2; utf8++)
        for (size_t i = 0; i < COUNT(rows); i++)
            for (size_t chunk = 1; chunk <= 5; chunk++) {
                struct terminal terminal;
                size_t length = strlen(rows[i].bytes);

                setenv("LC_ALL", utf8 ? "en_GB.UTF-8" : "C", 1);
                terminal_init(&terminal, screen, 1);
                for (size_t at = 0; at < length; at += chunk)
                    terminal_write(&terminal, rows[i].bytes + at,
                                   chunk < length - at ? chunk : length - at);
                terminal_release(&terminal);
                assert_int_equal(fflush(terminal.stream), 0);
                expect(utf8 ? rows[i].utf8 : rows[i].ascii);
            }
}

static void untouched(void **state)
{
    static const char bytes[] = "\x1b[2J\0\xff\\";
    struct terminal terminal;
    FILE *file = tmpfile();
    char got[sizeof bytes];

    (void)state;
    assert_non_null(file);
    terminal_init(&terminal, file, 0);
    terminal_write(&terminal, bytes, sizeof bytes);
    terminal_release(&terminal);
    assert_int_equal(fflush(terminal.stream), 0);
    rewind(file);
    assert_int_equal(fread(got, 1, sizeof got, file), sizeof bytes);
    assert_memory_equal(got, bytes, sizeof bytes);
    fclose(file);
}

static void progress(void **state)
{
    struct progress line;

    (void)state;
    progress_init(&line, screen, 5 * NS_PER_S);
    assert_false(progress_due(&line, 5 * NS_PER_S + 999 * NS_PER_MS));
    assert_true(progress_due(&line, 6 * NS_PER_S));
    progress_show(&line, 6 * NS_PER_S, "%d of %d", 10, 20);
    expect("\r10 of 20\r10 of 20");
    assert_false(progress_due(&line, 6 * NS_PER_S + 249 * NS_PER_MS));
    assert_true(progress_due(&line, 6 * NS_PER_S + 250 * NS_PER_MS));
    progress_show(&line, 7 * NS_PER_S, "done");
    expect("\rdone    \rdone");
    progress_clear(&line);
    expect("\r    \r");
    progress_clear(&line);
    progress_show(&line, 8 * NS_PER_S, "x");
    expect("\rx\rx");
}

static void no_progress_into_files(void **state)
{
    struct progress line;
    FILE *file = fopen("/dev/null", "w");

    (void)state;
    assert_non_null(file);
    progress_init(&line, file, 0);
    assert_false(progress_due(&line, 100 * NS_PER_S));
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes),
        cmocka_unit_test(untouched),
        cmocka_unit_test(progress),
        cmocka_unit_test(no_progress_into_files),
    };

    return cmocka_run_group_tests(tests, setup, teardown) != 0;
}
