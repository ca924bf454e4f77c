/* SPDX-License-Identifier: ISC */
/* The text of a file: what libconfig takes, what would hurt it, and what chance makes of it. */
#include "base/clock.h"
#include "lib/settings.h"

#include <stdlib.h>

/* What is no number, comment or @include though it looks like one; and the freedoms of libconfig.
 */
static void texts(void **state)
{
    static const struct {
        const char *text, *holds;
    } good[] = {
        {"workers = 3", "workers = 3;"},
        {"workers : 3, buffer = \"8KiB\"", "buffer = \"8KiB\";"},
        {"workers=3 buffer=\"8KiB\"", "workers = 3;"},
        {"workers\n=\n3\n;\n", "workers = 3;"},
        {"\tworkers = 3;\r\nbuffer = \"8KiB\";\r\n", "buffer = \"8KiB\";"},
        {"workers = 3 # 99999999999", "workers = 3;"},
        {"workers = 3; // workers = 4;", "workers = 3;"},
        {"workers = /* 4294967299; */ 3; /* \" */", "workers = 3;"},
        {"workers/**/=/***/3/* a\n */;", "workers = 3;"},
        {"# \"\nworkers = 3;\n# @include \"x\"", "workers = 3;"},
        {"workers = 3; /* // */ buffer = \"8KiB\";", "buffer = \"8KiB\";"},
        {"workers = 3;# /*\nbuffer = \"8KiB\";# */", "buffer = \"8KiB\";"},
        {"listeners = ( { endpoint = \"/tmp/a#b//c/*d*/4294967297@include\"; } );",
         "endpoint = \"unix:/tmp/a#b//c/*d*/4294967297@include\";"},
        {"listeners = ( { endpoint = \"/tmp/a\\\"b\\\\\"; } ); # \"",
         "endpoint = \"unix:/tmp/a\\\"b\\\\\";"},
        {"listeners = ( { endpoint = \"/tmp/\\x41\\X7e\"; } );", "endpoint = \"unix:/tmp/A~\";"},
        {"listeners = ( { endpoint = \"/tmp/\" /* joined */ \"a\"\n\"b\"; } );",
         "endpoint = \"unix:/tmp/ab\";"},
        {"listeners = ( { endpoint = \"@\\\\x00\"; name = \"0x10\"; } );", "name = \"0x10\";"},
        {"allow_root = true/**/workers = 3;", "workers = 3;"},
        {"allow_root = TRUE;", "allow_root = true;"},
        {"listeners = ( { endpoint = \"localhost:7\"; allow = [ ]; }, { endpoint = \"/a\"; } );",
         "endpoint = \"unix:/a\";"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct complaints complaints;
        char *dumped = settings_dump_of(good[i].text, &complaints);

        if (!dumped)
            fail_msg("%s: %s", good[i].text, complaints.text);
        if (!strstr(dumped, good[i].holds))
            fail_msg("%s: no %s in\n%s", good[i].text, good[i].holds, dumped);
        assert_dump_is_stable(dumped);
        free(dumped);
    }
}

/* Texts that would cost libconfig seconds or much memory. */
static void bombs(void **state)
{
    static char text[(1 << 20) + 64];
    static const struct {
        const char *begin, *before, *after, *says; /* before, a number, after: again and again */
    } table[] = {
        {"", "a", "=1\n", "more than 10000 names and values"},
        {"a=[", "", ",", "more than 10000 names and values"},
        {"a=(", "\"", "\",", "more than 10000 names and values"},
        {"a=", "\"", "\"", "more than 10000 names and values"},
        {"", "a", "={", "more than 16 brackets inside each other"},
        {"a=", "(", ",", "more than 16 brackets inside each other"},
        {"a = 1", "", "", "unknown setting \"a\""},
        {"a = 1 ", "/* ", " */", "unknown setting \"a\""},
        {"workers = 1", "", "", "is outside 0 to 64"},
        {"a", "", "", "syntax error"},
        {"a = \"", "", "", "a string does not end on this line"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        uint64_t begin = clock_now_ns();
        size_t used = (size_t)sprintf(text, "%s", table[i].begin);

        for (size_t j = 0; used < 1 << 20; j++)
            used += (size_t)sprintf(text + used, "%s%zu%s", table[i].before, j, table[i].after);
        assert_settings_say(text, table[i].says);
        assert_true(clock_now_ns() - begin < 5 * NS_PER_S);
    }
}

static size_t random_below(size_t limit, uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (size_t)(*state % limit);
}

/* Puts a piece in the place of some bytes. */
static void splice(char *text, size_t size, size_t at, size_t remove, const char *piece)
{
    char rest[8192];
    size_t length = strlen(text);

    at = at > length ? length : at;
    remove = remove > length - at ? length - at : remove;
    snprintf(rest, sizeof rest, "%s", text + at + remove);
    snprintf(text + at, size - at, "%s%s", piece, rest);
}

/* Nothing crashes or leaks (the sanitizers watch), and what is taken is printed as it was meant. */
static void mutations(void **state)
{
    static const char *const pieces[] = {
        "\"",
        "\\",
        "\\x00",
        "\\x41",
        "/*",
        "*/",
        "#",
        "//",
        "\n",
        ";",
        ",",
        "=",
        ":",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "@include \"x\"",
        "0",
        "1",
        "-1",
        "010",
        "4294967297",
        "1.5",
        "true",
        "\x01",
        "\xff",
        "\xef\xbb\xbf",
        "'",
        " ",
        "",
        "limits = { };",
        "\"8KiB\"",
        "\"5s\"",
        "\"0600\"",
        "workers = 2;",
        "\"unix:/x\"",
        "{ endpoint = \"@a\"; },",
        "name",
        "%n%s",
    };
    char *shipped = source_read("etc/echo-server.conf");
    struct complaints complaints;
    uint64_t seed = 20261122;
    char *good[2], text[8192];
    size_t taken = 0;

    (void)state;
    good[0] = shipped;
    good[1] = settings_dump_of(shipped, &complaints);
    for (size_t i = 0; i < 6000; i++) {
        size_t changes = 1 + random_below(3, &seed);
        char *dumped;

        snprintf(text, sizeof text, "%s", good[i % 2]);
        while (changes--) {
            size_t at = random_below(strlen(text), &seed);
            size_t remove =
                random_below(4, &seed) ? random_below(4, &seed) : random_below(200, &seed);

            splice(text, sizeof text, at, remove, pieces[random_below(COUNT(pieces), &seed)]);
        }
        dumped = settings_dump_of(text, &complaints);
        if (!dumped)
            continue;
        taken++;
        assert_dump_is_stable(dumped);
        free(dumped);
    }
    /* Neither all nor nothing: the mutations reach what lies behind the syntax. */
    assert_true(taken > 300 && taken < 5700);
    free(good[1]);
    free(shipped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(bombs),
        cmocka_unit_test(mutations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
