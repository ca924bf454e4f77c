/* SPDX-License-Identifier: ISC */
#include "base/descriptors.h"
#include "base/options.h"
#include "lib/testing.h"

#include <fcntl.h>
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

struct taken {
    char text[64]; /* each option that took effect: its letter, its argument */
};

static int take(void *context, const struct options_row *row, const char *argument,
                struct reason *why)
{
    struct taken *taken = context;
    size_t used = strlen(taken->text);

    snprintf(taken->text + used, sizeof taken->text - used, "%s%c%s", used ? " " : "",
             row->letter == READY_FD ? 'r' : row->letter, argument ? argument : "");
    if (row->letter == 'y')
        return OPTIONS_STOP;
    if (row->letter == 'x')
        return reason_set(why, REASON_USAGE, 0, "no %s", argument);
    return 0;
}

static int read_words(const char *line, struct taken *taken, char *operands, struct reason *why)
{
    char program[] = "program", words[80];
    char *argv[16] = {program}, *rest = words;
    int argc = 1, first;

    snprintf(words, sizeof words, "%s", line);
    *taken = (struct taken){0};
    while ((argv[argc] = strsep(&rest, " ")))
        argc++;
    first = options_read(rows, argc, argv, take, taken, why);
    *operands = '\0';
    for (int i = first; i >= 0 && i < argc; i++)
        strcat(strcat(operands, " "), argv[i]);
    return first;
}

static void effects(void **state)
{
    static const struct {
        const char *line, *taken, *operands;
    } table[] = {
        {"", "", " "},
        {"a b", "", " a b"},
        {"-tc file", "t cfile", ""},
        {"a --config=f b -t c", "cf t", " a b c"},
        {"--ready-fd 3 --conf x", "r3 cx", ""},
        {"-t -- -t", "t", " -t"},
        {"-4 --a-very-s -t --wrong", "4 y", " -t --wrong"},
    };
    struct taken taken;
    struct reason why;
    char operands[80];

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_true(read_words(table[i].line, &taken, operands, &why) >= 1);
        assert_string_equal(taken.text, table[i].taken);
        if (!strstr(table[i].taken, "y"))
            assert_string_equal(operands, table[i].operands);
    }
}

/* The first failure is told, and the options after it take effect all the same. */
static void failures(void **state)
{
    static const struct {
        const char *line, *taken, *sentence;
    } table[] = {
        {"-t -x 1 -x 2 -4", "t x1 x2 4", "no 1"},
        {"-z -x 1 -t", "x1 t", "unknown option -z"},
        {"-x 1 --wrongly -y -t", "x1 y", "no 1"},
    };
    struct taken taken;
    struct reason why;
    char operands[80];

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_int_equal(read_words(table[i].line, &taken, operands, &why), -1);
        assert_string_equal(taken.text, table[i].taken);
        assert_string_equal(why.text, table[i].sentence);
    }
}

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
    struct taken taken;
    struct reason why;
    char operands[80];

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_int_equal(read_words(table[i].word, &taken, operands, &why), -1);
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
        cmocka_unit_test(effects),
        cmocka_unit_test(failures),
        cmocka_unit_test(refusals),
        cmocka_unit_test(standard_descriptors),
        cmocka_unit_test(descriptor_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
