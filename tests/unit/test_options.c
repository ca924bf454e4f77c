/* SPDX-License-Identifier: ISC */
#include "base/descriptors.h"
#include "base/options.h"
#include "lib/testing.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READY_FD = OPTIONS_LONG };

static const struct options_row rows[] = {
    {'c', "config", "FILE", "settings file"},
    {'t', "test", NULL, "check the settings"},
    {READY_FD, "ready-fd", "N", "write to N,\nthen close it"},
    {'4', NULL, NULL, "IPv4 only"},
    {'x', "a-very-long-name-indeed", "ARGUMENT", "below"},
    {'y', "a-very-short-one", NULL, ""},
    {0, NULL, NULL, NULL},
};

static void help(void **state)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    (void)state;
    options_print(rows, out);
    fclose(out);
    assert_string_equal(text, "  -c, --config FILE        settings file\n"
                              "  -t, --test               check the settings\n"
                              "      --ready-fd N         write to N,\n"
                              "                           then close it\n"
                              "  -4                       IPv4 only\n"
                              "  -x, --a-very-long-name-indeed ARGUMENT\n"
                              "                           below\n"
                              "  -y, --a-very-short-one   \n");
    free(text);
}

/* One word through getopt_long, as the programs call it. */
static void refusals(void **state)
{
    static const struct {
        const char *word;
        const char *sentence;
    } table[] = {
        {"--confg", "unknown option --confg (did you mean --config?)"},
        {"--confg=x", "unknown option --confg (did you mean --config?)"},
        {"--zzzzzzzz", "unknown option --zzzzzzzz"},
        {"--config", "option -c, --config needs an argument: FILE"},
        {"--test=1", "option -t, --test takes no argument"},
        {"--ready-fd", "option --ready-fd needs an argument: N"},
        {"--a-very", "option --a-very may be --a-very-long-name-indeed, --a-very-short-one"},
        {"-z", "unknown option -z"},
        {"-tz", "unknown option -z"},
        {"-c", "option -c, --config needs an argument: FILE"},
        {"-\n", "unknown option -\\x0a"}};
    struct option list[COUNT(rows)] = {{0}};
    char letters[2 * COUNT(rows) + 2];

    (void)state;
    assert_string_equal(options_short(rows, letters), ":c:t4x:y");
    assert_int_equal(options_count(rows), COUNT(rows) - 1);
    for (size_t i = 0; i < options_count(rows); i++)
        list[i] = (struct option){rows[i].name ? rows[i].name : "",
                                  rows[i].argument ? required_argument : no_argument, NULL,
                                  rows[i].letter};
    for (size_t i = 0; i < COUNT(table); i++) {
        char program[] = "program", word[32];
        char *argv[] = {program, word, NULL};
        struct reason why;
        int result;

        snprintf(word, sizeof word, "%s", table[i].word);
        optind = 0;
        do
            result = getopt_long(2, argv, letters, list, NULL);
        while (result == 't');
        assert_int_equal(options_refuse(rows, result, optopt, word, &why), -1);
        assert_string_equal(why.text, table[i].sentence);
        assert_int_equal(why.word, REASON_USAGE);
    }
}

/* Every combination of closed standard descriptors, each in a process of its own. */
static void standard_descriptors(void **state)
{
    (void)state;
    for (int closed = 0; closed < 8; closed++) {
        int status;
        pid_t pid = fork();

        if (pid == 0) {
            int good, next = open("/dev/null", O_RDONLY);

            close(next);
            for (int fd = 0; fd < 3; fd++)
                if (closed & (1 << fd))
                    close(fd);
            good = descriptors_fill_standard(NULL) == 0;
            for (int fd = 0; fd < 3; fd++)
                good = good && fcntl(fd, F_GETFD) == 0;
            /* Nothing more than the gaps was taken. */
            good = good && fcntl(next, F_GETFD) < 0;
            _exit(good ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
}

static void descriptor_limit(void **state)
{
    struct rlimit limit;
    rlim_t before;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    before = limit.rlim_cur;
    limit.rlim_cur = 64;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(descriptors_raise_limit() == limit.rlim_max);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(limit.rlim_cur == limit.rlim_max);
    limit.rlim_cur = before;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help),
        cmocka_unit_test(refusals),
        cmocka_unit_test(standard_descriptors),
        cmocka_unit_test(descriptor_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
