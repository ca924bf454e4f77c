/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "lib/room.h"
#include "lib/settings.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

static void defaults(void **state)
{
    struct settings settings;
    struct complaints complaints;
    char *shipped = source_read("etc/echo-server.conf");
    char *ours, *theirs, *empty;

    (void)state;
    assert_int_equal(settings_defaults(&settings, NULL), 0);
    assert_int_equal(settings.listener_count, 2);
    assert_string_equal(settings.listeners[0].name, "unix:/tmp/echo.sock");
    assert_int_equal(settings.listeners[0].mode, 0660);
    assert_int_equal(settings.listeners[0].backlog, 1024);
    assert_string_equal(settings.listeners[1].name, "localhost:7777");
    assert_true(settings.listeners[1].nodelay && settings.listeners[1].keepalive);
    assert_int_equal(settings.buffer, 65536);
    assert_int_equal(settings.limits.connections, 10000);
    assert_true(settings.shutdown.grace_ns == 5 * NS_PER_S);
    assert_int_equal(settings.log.level, LOG_LEVEL_NOTICE);
    assert_int_equal(settings.log.facility, LOG_DAEMON);
    ours = settings_dump_text(&settings);
    settings_release(&settings);
    theirs = settings_dump_of(shipped, &complaints);
    empty = settings_dump_of("", &complaints);
    assert_non_null(theirs);
    assert_non_null(empty);
    assert_string_equal(ours, theirs);
    assert_string_equal(ours, empty);
    free(ours);
    free(theirs);
    free(empty);
    free(shipped);
}

/* Whether a word stands in a part of the manual. */
static bool tells(const char *begin, const char *end, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = begin; (at = strstr(at, word)) && at < end; at++)
        if (strchr(" \n", at[-1]) && strchr(" \n", at[length]))
            return true;
    return false;
}

/* The manual tells each choice and which changes need a restart, and its examples are right. */
static void manual(void **state)
{
    static const char begin[] = ".Bd -literal -offset indent\n", end[] = ".Ed\n";
    char *page = source_read("man/echo-server.conf.5"), *block;
    const char *of_server = strstr(page, ".Ss Changes that need a restart\n"), *of_listener, *rest;
    size_t examples = 0;

    (void)state;
    assert_non_null(of_server);
    of_listener = strstr(of_server, ".Pp\n");
    rest = strstr(of_server, ".Sh ");
    assert_true(of_listener && of_listener < rest);
    for (size_t i = 0; i < settings_schema.count; i++) {
        const struct schema_setting *setting = &settings_schema.settings[i];
        bool in_listener = setting->group == SCHEMA_LISTENER;
        char name[64];

        if (!in_listener)
            schema_full_name(setting, name, sizeof name);
        else
            snprintf(name, sizeof name, "%s", setting->name);
        if (tells(in_listener ? of_listener : of_server, in_listener ? rest : of_listener, name) !=
            setting->restart)
            fail_msg("echo-server.conf(5): a change of %s %s a restart", name,
                     setting->restart ? "needs" : "does not need");
        for (size_t j = 0; setting->kind == SCHEMA_CHOICE && setting->choices[j]; j++) {
            snprintf(name, sizeof name, ".Ql \\(dq%s\\(dq", setting->choices[j]);
            if (!strstr(page, name))
                fail_msg("echo-server.conf(5) does not tell the choice \"%s\" of %s",
                         setting->choices[j], setting->name);
        }
    }
    block = strstr(page, ".Sh EXAMPLES");
    assert_non_null(block);
    while ((block = strstr(block, begin))) {
        struct complaints complaints;
        char *dumped, *stop = strstr(block, end);

        block += sizeof begin - 1;
        assert_non_null(stop);
        *stop = '\0';
        if (*block != '$') {
            dumped = settings_dump_of(block, &complaints);
            if (!dumped)
                fail_msg("%s%s", block, complaints.text);
            free(dumped);
            examples++;
        }
        block = stop + 1;
    }
    assert_int_equal(examples, 3);
    free(page);
}

/* The sentence of the line, up to a * in the expectation. */
static bool fits(const char *sentence, size_t length, const char *expected)
{
    size_t wanted = strcspn(expected, "\n");

    if (wanted > 0 && expected[wanted - 1] == '*')
        return length >= wanted - 1 && strncmp(sentence, expected, wanted - 1) == 0;
    return length == wanted && strncmp(sentence, expected, wanted) == 0;
}

/* Each file of tests/bad-settings says in "# expect LINE: sentence" what must be said of it. */
static void check_bad_file(const char *name)
{
    static const char mark[] = "# expect ";
    struct complaints complaints;
    char path[PATH_MAX], *text, *dumped;
    const char *said, *expected;

    snprintf(path, sizeof path, "tests/bad-settings/%s", name);
    text = source_read(path);
    dumped = settings_dump_of(text, &complaints);
    if (dumped)
        fail_msg("%s was taken", name);
    said = complaints.text;
    for (expected = strstr(text, mark); expected; expected = strstr(expected, mark)) {
        size_t length = strcspn(said, "\n");

        expected += sizeof mark - 1;
        if (!fits(said, length, expected))
            fail_msg("%s: said\n%snot\n%.*s", name, complaints.text, (int)strcspn(expected, "\n"),
                     expected);
        said += length + (said[length] == '\n');
    }
    if (*said)
        fail_msg("%s: not expected:\n%s", name, said);
    free(text);
}

static void bad_files(void **state)
{
    DIR *folder = opendir(source_path("tests/bad-settings"));
    const struct dirent *entry;
    size_t count = 0;

    (void)state;
    assert_non_null(folder);
    while ((entry = readdir(folder))) {
        if (!strstr(entry->d_name, ".conf"))
            continue;
        check_bad_file(entry->d_name);
        count++;
    }
    closedir(folder);
    assert_true(count >= 80);
}

static void relative_path(void **state)
{
    struct complaints complaints;
    char *dumped, folder[PATH_MAX], temporary[DIRECTORY_SIZE], line[DIRECTORY_SIZE + 64];

    (void)state;
    assert_non_null(getcwd(folder, sizeof folder));
    make_test_directory(temporary);
    assert_int_equal(chdir(temporary), 0);
    dumped = settings_dump_of("listeners = ( { endpoint = \"./echo.sock\"; } );", &complaints);
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(rmdir(temporary), 0);
    assert_non_null(dumped);
    snprintf(line, sizeof line, "endpoint = \"unix:%s/echo.sock\";", temporary);
    assert_non_null(strstr(dumped, line));
    assert_dump_is_stable(dumped);
    free(dumped);
}

static void command_line(void **state)
{
    char unix_path[] = "unix:/tmp/a.sock", tcp[] = "*:0", wrong[] = "::1:7", later[] = "udp:a:7";
    char *both[] = {unix_path, tcp}, *one[] = {tcp}, *twice[] = {tcp, tcp};
    struct settings settings;
    struct reason why;
    char *before, *after;

    (void)state;
    assert_int_equal(settings_defaults(&settings, NULL), 0);
    before = settings_dump_text(&settings);
    assert_int_equal(settings_set_endpoints(&settings, NULL, 0, NULL, &why), 0);
    assert_int_equal(settings_set_endpoints(&settings, NULL, 0, "0600", &why), -1);
    assert_int_equal(settings_set_endpoints(&settings, one, 1, "0600", &why), -1);
    assert_non_null(strstr(why.text, "there is none"));
    assert_int_equal(settings_set_endpoints(&settings, both, 2, "0999", &why), -1);
    assert_int_equal(settings_set_endpoints(&settings, twice, 2, NULL, &why), -1);
    assert_string_equal(why.text, "*:0 stands twice among the listeners");
    both[1] = wrong;
    assert_int_equal(settings_set_endpoints(&settings, both, 2, NULL, &why), -1);
    both[1] = later;
    assert_int_equal(settings_set_endpoints(&settings, both, 2, NULL, &why), -1);
    assert_int_equal(settings_set(&settings, "workers", "65", &why), -1);
    assert_string_equal(why.text, "65 is outside 0 to 64");
    assert_int_equal(settings_set(&settings, "user", "nobody", &why), -1);
    assert_string_equal(why.text, "not in this version");
    assert_int_equal(settings_set(&settings, "log.lvl", "info", &why), -1);
    assert_int_equal(settings_set(&settings, "nodelay", "true", &why), -1);
    after = settings_dump_text(&settings);
    assert_string_equal(before, after);
    free(before);
    free(after);

    both[1] = tcp;
    assert_int_equal(settings_set_endpoints(&settings, both, 2, "0600", &why), 0);
    assert_int_equal(settings.listener_count, 2);
    assert_int_equal(settings.listeners[0].mode, 0600);
    assert_string_equal(settings.listeners[1].name, "*:0");
    assert_int_equal(settings_set(&settings, "workers", "4", &why), 0);
    assert_int_equal(settings.workers, 4);
    assert_int_equal(settings_set(&settings, "log.level", "info", &why), 0);
    assert_int_equal(settings.log.level, LOG_LEVEL_INFO);
    assert_int_equal(settings_set(&settings, "user", "", &why), 0);
    settings_release(&settings);
}

static void write_file(const char *path, const char *bytes, size_t length, mode_t mode)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, length, out), length);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void assert_unreadable(const char *before, const char *path, const char *after)
{
    struct reason why;
    char *text = NULL, expected[256];

    if (file_read(path, &text, &why) == 0)
        fail_msg("%s was read", path);
    snprintf(expected, sizeof expected, "%s%s%s", before, path, after);
    assert_string_equal(why.text, expected);
    assert_null(text);
}

static void odd_files(void **state)
{
    static char big[(1 << 20) + 1];
    char folder[DIRECTORY_SIZE], path[DIRECTORY_SIZE + 8], *text;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct reason why;

    (void)state;
    make_test_directory(folder);
    assert_unreadable("", folder, " is a directory, not a regular file");
    assert_unreadable("", "/dev/zero", " is a device, not a regular file");
    snprintf(path, sizeof path, "%s/x", folder);
    assert_unreadable("open ", path, ": No such file or directory");

    assert_int_equal(mkfifo(path, 0600), 0);
    assert_unreadable("", path, " is a FIFO, not a regular file");
    unlink(path);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_unreadable("open ", path, ": No such device or address");
    close(fd);
    unlink(path);

    memset(big, '\n', sizeof big);
    write_file(path, big, sizeof big, 0600);
    assert_unreadable("", path, " is larger than 1 MiB: no settings file needs that");
    write_file(path, big, sizeof big - 1, 0600);
    assert_int_equal(file_read(path, &text, &why), 0);
    assert_int_equal(strlen(text), sizeof big - 1);
    free(text);
    write_file(path, "workers = 1;\0workers = 2;", 25, 0600);
    assert_unreadable("", path, " holds a NUL byte: it is not plain text");

    /* Root reads everything, but takes no orders from everybody. */
    write_file(path, "", 0, geteuid() == 0 ? 0602 : 0200);
    if (geteuid() == 0)
        assert_unreadable("", path, " may be written by everybody: not read as root (chmod o-w)");
    else
        assert_unreadable("open ", path, ": Permission denied");
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),     cmocka_unit_test(manual),
        cmocka_unit_test(bad_files),    cmocka_unit_test(relative_path),
        cmocka_unit_test(command_line), cmocka_unit_test(odd_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
