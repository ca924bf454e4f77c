/* SPDX-License-Identifier: ISC */
/* A settings file tried in this process, and in one of its own. */
#include "lib/settings.h"
#include "server/settings/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static char complaints[1024];

static void complain(void *context, const char *sentence)
{
    (void)context;
    snprintf(complaints + strlen(complaints), sizeof complaints - strlen(complaints), "%s\n",
             sentence);
}

/* The context is the text of the file; NULL: there is no file. */
static int reread(void *context, char **text, struct reason *why)
{
    const char *file = context;

    *text = file ? strdup(file) : NULL;
    return file && !*text ? reason_errno(why, ENOMEM, "strdup") : 0;
}

static int load(void *context, const char *text, struct settings *settings,
                settings_complain *complain_to, void *complain_context)
{
    (void)context;
    return text ? read_settings(&settings_schema, settings, "a.conf", text, complain_to,
                                complain_context)
                : settings_defaults(settings, NULL);
}

static bool keeps(const void *context, const struct settings_listener *settings)
{
    (void)context;
    return strcmp(settings->name, "kept") == 0;
}

static void take(void *context, const struct trial_record *record)
{
    trial_take(context, record);
}

static int try(const char *file, struct trial *trial)
{
    char *copy = file ? strdup(file) : NULL;
    const struct trial_source source = {reread, load, copy};
    const struct trial_options options = {.source = &source, .keeps = keeps};
    int status;

    *complaints = '\0';
    *trial = (struct trial){.complain = complain};
    status = trial_run(&options, take, trial);
    free(copy);
    return status;
}

/* Those that need a name service come last, and one that fails keeps no other back. */
static void names(void **state)
{
    static const char file[] =
        "listeners = ("
        "{ endpoint = \"unix:@a\"; name = \"kept\"; },"
        "{ endpoint = \"unix:/tmp/a\"; owner = \"no user has this name\"; },"
        "{ endpoint = \"unix:/tmp/b\"; owner = \"0\"; group = \"4294967294\"; },"
        "{ endpoint = \"127.0.0.1:7\"; }"
        ");";
    static const size_t order[] = {0, 3, 1, 2};
    const struct trial_listener *found;
    struct trial trial;

    (void)state;
    assert_int_equal(try(file, &trial), 0);
    assert_string_equal(complaints, "");
    assert_true(trial.loaded);
    assert_string_equal(trial.text, file);
    assert_int_equal(trial.count, COUNT(order));
    for (size_t i = 0; i < COUNT(order); i++)
        assert_int_equal(trial.listeners[i].index, order[i]);
    found = trial_find(&trial, 0);
    assert_true(found->kept && found->names.address_count == 0);
    found = trial_find(&trial, 1);
    assert_true(!found->kept && found->names.address_count == 0);
    assert_string_equal(found->why.text, "unix:/tmp/a: there is no user \"no user has this name\"");
    found = trial_find(&trial, 2);
    assert_int_equal(found->names.address_count, 1);
    assert_int_equal(found->names.owner, 0);
    assert_int_equal(found->names.group, 4294967294);
    found = trial_find(&trial, 3);
    assert_int_equal(found->names.address_count, 1);
    assert_int_equal(address_port(&found->names.addresses[0]), 7);
    assert_null(trial_find(&trial, 4));
    trial_release(&trial);
}

/* The text comes in parts, and whole. */
static void long_text(void **state)
{
    char *file = calloc(1, 20001);
    struct trial trial;

    (void)state;
    assert_non_null(file);
    memset(file, '\n', 20000);
    memcpy(file + 19980, "workers = 3;", 12);
    assert_int_equal(try(file, &trial), 0);
    assert_string_equal(trial.text, file);
    assert_int_equal(trial.length, 20000);
    trial_release(&trial);
    free(file);
}

static void no_file(void **state)
{
    struct trial trial;

    (void)state;
    assert_int_equal(try(NULL, &trial), 0);
    assert_true(trial.loaded);
    assert_null(trial.text);
    assert_int_equal(trial.count, 2); /* as many as the built-in listeners */
    trial_release(&trial);
    assert_int_equal(try("", &trial), 0);
    assert_string_equal(trial.text, "");
    trial_release(&trial);
}

static void bad_file(void **state)
{
    struct trial trial;

    (void)state;
    assert_int_equal(try("workers = 65;\nbuffer = 1;", &trial), -1);
    assert_string_equal(complaints,
                        "a.conf:1: workers: 65 is outside 0 to 64\n"
                        "a.conf:2: buffer: expected a size in quotes, as in \"64KiB\"\n");
    assert_true(!trial.loaded && !trial.text && trial.count == 0);
    trial_release(&trial);
}

static int refuse(void *context, char **text, struct reason *why)
{
    (void)context;
    (void)text;
    return reason_set(why, REASON_OTHER, 0, "no such file");
}

static int crash(void *context, char **text, struct reason *why)
{
    (void)context;
    (void)text;
    (void)why;
    signal(SIGTERM, SIG_DFL);
    raise(SIGTERM);
    return -1;
}

static _Noreturn void wait_for_ever(void)
{
    for (;;)
        pause();
}

static int hang(void *context, char **text, struct reason *why)
{
    (void)context;
    (void)text;
    (void)why;
    wait_for_ever();
}

static bool keeps_hanging(const void *context, const struct settings_listener *settings)
{
    (void)context;
    (void)settings;
    wait_for_ever();
}

static bool ended;

static void child_ended(struct child *child)
{
    (void)child;
    ended = true;
}

/* In a process of its own, whose limit is over as soon as its first record has come, or at once. */
static void in_child(void **state)
{
    static char file[] = "listeners = ( { endpoint = \"127.0.0.1:7\"; } );",
                bad[] = "workers = 65;";
    static const struct {
        int (*reread)(void *context, char **text, struct reason *why);
        char *file;
        bool (*keeps)(const void *context, const struct settings_listener *settings);
        bool kill;
        size_t count;
        const char *complaints, *why; /* NULL: it is good */
    } cases[] = {
        {reread, file, keeps, false, 1, "", NULL},
        {reread, bad, keeps, false, 0, "a.conf:1: workers: 65 is outside 0 to 64\n",
         "the settings are not valid"},
        {refuse, NULL, keeps, false, 0, "no such file\n", "the settings are not valid"},
        {crash, NULL, keeps, false, 0, "", "reading the settings crashed (signal 15)"},
        {hang, NULL, keeps, true, 0, "", "reading the settings took longer than 2 s"},
        {reread, file, keeps_hanging, true, 0, "", NULL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct trial_source source = {cases[i].reread, load, cases[i].file};
        const struct trial_options options = {.source = &source, .keeps = cases[i].keeps};
        struct reason why = {0};
        struct loop loop;
        struct child child;

        ended = false;
        *complaints = '\0';
        assert_int_equal(loop_init(&loop, &why), 0);
        assert_int_equal(child_begin(&child, &loop, &options, complain, child_ended, &why), 0);
        assert_true(child_continue(&child, 1) > 1);
        while (cases[i].kill && cases[i].file && !child.trial.loaded)
            assert_true(loop_turn(&loop, -1) >= 0);
        if (cases[i].kill)
            assert_int_equal(child_continue(&child, UINT64_MAX), 0);
        while (!ended)
            assert_true(loop_turn(&loop, -1) >= 0);
        assert_int_equal(child_result(&child, &why), cases[i].why ? -1 : 0);
        assert_string_equal(why.text, cases[i].why ? cases[i].why : "");
        assert_string_equal(complaints, cases[i].complaints);
        assert_int_equal(child.trial.count, cases[i].count);
        child_release(&child);
        loop_release(&loop);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),    cmocka_unit_test(long_text), cmocka_unit_test(no_file),
        cmocka_unit_test(bad_file), cmocka_unit_test(in_child),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
