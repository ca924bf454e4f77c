/* SPDX-License-Identifier: ISC */
/* Each row of the table: its numbers, its names, its types, its range. */
#include "base/text.h"
#include "lib/settings.h"

#include <ctype.h>
#include <stdlib.h>

/* A file that gives the setting (or a name like it) of the group a value. */
static const char *file_with(enum schema_group group, const struct schema_setting *setting,
                             const char *name, const char *value)
{
    static char text[2048];
    const char *endpoint = setting->needs & (ENDPOINT_HAS_HOST | ENDPOINT_IS_TCP)
                               ? "localhost:7"
                               : "unix:/tmp/test-settings.sock";

    if (group == SCHEMA_LISTENER && setting->kind == SCHEMA_ENDPOINT &&
        strcmp(name, setting->name) == 0)
        snprintf(text, sizeof text, "listeners = ( { %s = %s; } );", name, value);
    else if (group == SCHEMA_LISTENER)
        snprintf(text, sizeof text, "listeners = ( { endpoint = \"%s\"; %s = %s; } );", endpoint,
                 name, value);
    else if (group == SCHEMA_TOP)
        snprintf(text, sizeof text, "%s = %s;", name, value);
    else
        snprintf(text, sizeof text, "%s = { %s = %s; };", schema_group_names[group], name, value);
    return text;
}

/* Used as written, or refused: never another value. */
static void numbers(void **state)
{
    static const char *const values[] = {
        "0",
        "1",
        "2",
        "64",
        "65",
        "65535",
        "65536",
        "1000000",
        "1000001",
        "2147483647",
        "2147483648",
        "4294967295",
        "4294967296",
        "4294967297",
        "9223372036854775808",
        "-1",
        "-0",
        "1000000000000000000000000000000",
        "18446744073709551617",
        "010",
        "0x1",
        "0X1",
        "0b1",
        "0o1",
        "1L",
        "1LL",
        "1.0",
        "1.",
        ".1",
        "1e0",
        "\"1\"",
        "+1",
        "1_0",
        "1k",
        "--1",
        "1-1",
        "00",
    };

    (void)state;
    for (size_t i = 0; i < settings_schema.count; i++) {
        const struct schema_setting *setting = &settings_schema.settings[i];

        if (setting->kind != SCHEMA_NUMBER)
            continue;
        for (size_t j = 0; j < COUNT(values); j++) {
            const char *text = file_with(setting->group, setting, setting->name, values[j]);
            struct complaints complaints;
            uint64_t number;
            char line[128], *dumped = settings_dump_of(text, &complaints);
            bool right = text_number(values[j], setting->min, setting->max, &number, NULL) == 0;

            if (right != (dumped != NULL))
                fail_msg("%s: %s", text, dumped ? "taken" : complaints.text);
            snprintf(line, sizeof line, "%s = %s;", setting->name, values[j]);
            if (dumped && !strstr(dumped, line))
                fail_msg("%s became\n%s", text, dumped);
            free(dumped);
        }
    }
}

static void other_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < settings_schema.count; i++) {
        const struct schema_setting *setting = &settings_schema.settings[i];
        char full[64], meant[96], name[64];

        schema_full_name(setting, full, sizeof full);
        snprintf(meant, sizeof meant, "(did you mean \"%s\"?)", full);
        snprintf(name, sizeof name, "%s", setting->name);
        name[0] = (char)toupper((unsigned char)name[0]);
        assert_settings_say(file_with(setting->group, setting, name, "1"), meant);
        name[0] = (char)tolower((unsigned char)name[0]);
        snprintf(name, sizeof name, "%sx", setting->name);
        assert_settings_say(file_with(setting->group, setting, name, "1"), meant);
        for (enum schema_group group = SCHEMA_TOP; group < SCHEMA_GROUPS; group++)
            if (!schema_find(&settings_schema, group, setting->name))
                assert_settings_say(file_with(group, setting, setting->name, "1"),
                                    "(did you mean \"");
    }
}

/* What a value of each kind looks like: none but the right one is taken. */
static void other_types(void **state)
{
    static const char *const values[] = {"5", "\"$x\"", "true", "[ ]", "( )", "{ }", "[ 5 ]"};

    (void)state;
    for (size_t i = 0; i < settings_schema.count; i++) {
        const struct schema_setting *setting = &settings_schema.settings[i];
        char full[64];

        schema_full_name(setting, full, sizeof full);
        for (size_t j = 0; j < COUNT(values); j++) {
            if ((setting->kind == SCHEMA_NUMBER && j == 0) ||
                (setting->kind == SCHEMA_STRING && j == 1) ||
                (setting->kind == SCHEMA_ENDPOINT && j == 1) ||
                (setting->kind == SCHEMA_FLAG && j == 2) ||
                (setting->kind == SCHEMA_STRINGS && j == 3))
                continue;
            assert_settings_say(file_with(setting->group, setting, setting->name, values[j]), full);
        }
    }
}

/* A value that is right and not the default; NULL where the default is all there is. */
static const char *other_value(const struct schema_setting *setting)
{
    static char text[64];

    switch (setting->kind) {
    case SCHEMA_NUMBER:
        snprintf(text, sizeof text, "%u", (unsigned)setting->max);
        return text;
    case SCHEMA_SIZE:
        return "\"1MB\"";
    case SCHEMA_DURATION:
        return "\"999ms\"";
    case SCHEMA_FLAG:
        return strcmp(setting->standard, "true") == 0 ? "false" : "true";
    case SCHEMA_CHOICE:
    case SCHEMA_FACILITY:
        snprintf(text, sizeof text, "\"%s\"",
                 setting->choices[strcmp(setting->choices[0], setting->standard) == 0]);
        return text;
    case SCHEMA_MODE:
        return "\"0600\"";
    case SCHEMA_STRING:
        return setting->later ? NULL : "\"a \\\"b\\\" \\\\ \\xe4\"";
    case SCHEMA_ENDPOINT:
        return "\"unix:@a\\\\x00b\"";
    case SCHEMA_STRINGS:
        return setting->later ? NULL : "[ \"127.0.0.0/8\", \"a \\\"b\\\" \\xe4\" ]";
    }
    return NULL;
}

/* Those that are lists, as if they were in this version and had a default. */
static void take_lists(void)
{
    static struct schema_setting rows[SCHEMA_MAX];
    static struct schema schema = {.settings = rows};

    schema.count = settings_schema.count;
    for (size_t i = 0; i < schema.count; i++) {
        rows[i] = settings_schema.settings[i];
        if (rows[i].kind != SCHEMA_STRINGS)
            continue;
        rows[i].later = NULL;
        rows[i].standard = "the default, which a value replaces";
    }
    test_schema = &schema;
}

static void every_setting(void **state)
{
    (void)state;
    for (size_t i = 0; i < test_schema->count; i++) {
        const struct schema_setting *setting = &test_schema->settings[i];
        const char *value = other_value(setting);
        struct complaints complaints;
        char *dumped, line[128];

        if (!value)
            continue;
        dumped =
            settings_dump_of(file_with(setting->group, setting, setting->name, value), &complaints);
        if (!dumped)
            fail_msg("%s", complaints.text);
        snprintf(line, sizeof line, " %s = %s;\n", setting->name, value);
        if (setting->group == SCHEMA_TOP)
            line[0] = '\n';
        if (!strstr(dumped, line))
            fail_msg("no%sin\n%s", line, dumped);
        assert_dump_is_stable(dumped);
        free(dumped);
    }
}

/* The ends of each range, and one beyond. */
static void ranges(void **state)
{
    (void)state;
    for (size_t i = 0; i < settings_schema.count; i++) {
        const struct schema_setting *setting = &settings_schema.settings[i];
        const uint64_t values[] = {setting->min - 1, setting->min, setting->max, setting->max + 1};

        if (setting->kind != SCHEMA_SIZE && setting->kind != SCHEMA_DURATION)
            continue;
        for (size_t j = 0; j < COUNT(values); j++) {
            struct complaints complaints;
            char number[32], quoted[40], *dumped;

            if (j == 0 && setting->min == 0)
                continue;
            if (setting->kind == SCHEMA_SIZE)
                text_format_size(values[j], number, sizeof number);
            else
                text_format_duration(values[j], number, sizeof number);
            snprintf(quoted, sizeof quoted, "\"%s\"", number);
            dumped = settings_dump_of(file_with(setting->group, setting, setting->name, quoted),
                                      &complaints);
            if ((j == 1 || j == 2) != (dumped != NULL))
                fail_msg("%s = %s: %s", setting->name, quoted, dumped ? "taken" : complaints.text);
            free(dumped);
        }
    }
}

static void lists(void **state)
{
    static char many[2048] = "[ \"a\"", too_long[300];
    const struct {
        const char *value, *says;
    } bad[] = {
        {"[ \"\" ]", ": must not be empty"},
        {"[ \"a\", 5 ]", ": expected an array of texts, as in [ \"one\", \"two\" ]"},
        {"\"a\"", ": expected an array of texts, as in [ \"one\", \"two\" ]"},
        {too_long, ": 256 bytes are more than 255"},
        {many, ": more than 256 texts"},
    };

    (void)state;
    snprintf(too_long, sizeof too_long, "[ \"%0256d\" ]", 0);
    for (size_t i = 0; i < 256; i++)
        strcat(many, ", \"b\"");
    strcat(many, " ]");
    take_lists();
    every_setting(state);
    for (size_t i = 0; i < test_schema->count; i++)
        for (size_t j = 0; j < COUNT(bad); j++)
            if (test_schema->settings[i].kind == SCHEMA_STRINGS)
                assert_settings_say(file_with(SCHEMA_LISTENER, &test_schema->settings[i],
                                              test_schema->settings[i].name, bad[j].value),
                                    bad[j].says);
    test_schema = &settings_schema;
}

/* A listener that a setting has no meaning for refuses it, and says whose it is. */
static void meanings(void **state)
{
    static const char *const endpoints[] = {"unix:/tmp/a", "unix:@a", "localhost:7", "systemd:"};

    (void)state;
    for (size_t i = 0; i < settings_schema.count; i++) {
        const struct schema_setting *setting = &settings_schema.settings[i];
        size_t refused = 0;

        for (size_t j = 0; j < COUNT(endpoints) && setting->needs; j++) {
            static const char it_is[] = ": it is for ";
            struct complaints complaints;
            struct endpoint endpoint;
            const char *said;
            char text[128];

            assert_int_equal(endpoint_parse(&endpoint, endpoints[j], NULL), 0);
            if (schema_applies(setting, &endpoint))
                continue;
            snprintf(text, sizeof text, "listeners = ( { endpoint = \"%s\"; %s = 5; } );",
                     endpoints[j], setting->name);
            assert_null(settings_dump_of(text, &complaints));
            said = strstr(complaints.text, it_is);
            if (!said || !isalpha((unsigned char)said[sizeof it_is - 1]))
                fail_msg("%s: %s", text, complaints.text);
            refused++;
        }
        if (setting->needs && (refused == 0 || refused == COUNT(endpoints)))
            fail_msg("%s means something to all of the endpoints here, or to none", setting->name);
    }
}

/* Each has a place of its own, of the size of its kind, in the struct of its group. */
static void places(void **state)
{
    static const size_t sizes[] = {
        [SCHEMA_NUMBER] = sizeof(unsigned),
        [SCHEMA_SIZE] = sizeof(size_t),
        [SCHEMA_DURATION] = sizeof(uint64_t),
        [SCHEMA_FLAG] = sizeof(bool),
        [SCHEMA_CHOICE] = sizeof(int),
        [SCHEMA_FACILITY] = sizeof(int),
        [SCHEMA_MODE] = sizeof(mode_t),
        [SCHEMA_STRING] = sizeof(char *),
        [SCHEMA_STRINGS] = sizeof(struct schema_strings),
        [SCHEMA_ENDPOINT] = sizeof(struct endpoint),
    };

    (void)state;
    for (size_t i = 0; i < settings_schema.count; i++) {
        const struct schema_setting *one = &settings_schema.settings[i];
        size_t end = one->offset + sizes[one->kind];

        if (one->group == SCHEMA_LISTENER)
            assert_true(end <= sizeof(struct settings_listener));
        else if (one->offset < offsetof(struct settings, workers) || end > sizeof(struct settings))
            fail_msg("%s has no place in struct settings", one->name);
        for (size_t j = 0; j < i; j++) {
            const struct schema_setting *other = &settings_schema.settings[j];

            if ((one->group == SCHEMA_LISTENER) == (other->group == SCHEMA_LISTENER) &&
                one->offset < other->offset + sizes[other->kind] && other->offset < end)
                fail_msg("%s and %s have the same place, or a kind of another size than the field",
                         one->name, other->name);
        }
    }
}

/* A copy has strings of its own, and is equal until one differs. */
static void copies(void **state)
{
    const struct schema_setting *allow = schema_find(&settings_schema, SCHEMA_LISTENER, "allow");
    struct schema_setting list = *allow;
    struct settings_listener *one, copy;
    struct settings settings;

    (void)state;
    list.later = NULL;
    assert_int_equal(settings_defaults(&settings, NULL), 0);
    one = &settings.listeners[1];
    assert_int_equal(schema_assign(&list, one, "10.0.0.0/8", NULL), 0);
    assert_int_equal(schema_assign(&list, one, "127.0.0.1", NULL), 0);
    assert_int_equal(settings_copy_listener(&copy, one, NULL), 0);
    for (size_t i = 0; i < settings_schema.count; i++)
        if (settings_schema.settings[i].group == SCHEMA_LISTENER)
            assert_true(schema_equal(&settings_schema.settings[i], one, &copy));
    assert_int_equal(copy.allow.count, 2);
    assert_ptr_not_equal(copy.allow.items[1], one->allow.items[1]);
    copy.allow.items[1][8] = '2';
    assert_false(schema_equal(&list, one, &copy));
    schema_clear(&list, &copy);
    assert_int_equal(copy.allow.count, 0);
    assert_false(schema_equal(&list, one, &copy));
    assert_string_equal(one->allow.items[1], "127.0.0.1");
    settings_release_listener(&copy);
    settings_release(&settings);
}

/* A reload refuses what needs a restart, by its name, and nothing else. */
static void restarts(void **state)
{
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < settings_schema.count; i++) {
        struct schema_setting row = settings_schema.settings[i];
        struct settings old, new;
        struct reason why;
        char value[64], expected[80];
        int status;

        row.later = NULL;
        snprintf(value, sizeof value, "%s", other_value(&row));
        if (*value == '"') {
            value[strlen(value) - 1] = '\0';
            memmove(value, value + 1, strlen(value));
        }
        assert_int_equal(settings_defaults(&old, NULL), 0);
        assert_int_equal(settings_defaults(&new, NULL), 0);
        if (row.group == SCHEMA_LISTENER) {
            assert_int_equal(schema_assign(&row, &new.listeners[0], value, NULL), 0);
            status = settings_check_listener_change(&old.listeners[0], &new.listeners[0], &why);
            snprintf(expected, sizeof expected, ": another %s of a listener that", row.name);
        } else {
            char name[64];

            assert_int_equal(schema_assign(&row, &new, value, NULL), 0);
            status = settings_check_change(&old, &new, &why);
            snprintf(expected, sizeof expected, "a change of %s needs a restart",
                     schema_full_name(&row, name, sizeof name));
        }
        if (status != (row.restart ? -1 : 0))
            fail_msg("%s = %s: %s", row.name, value, row.restart ? "no restart" : why.text);
        if (row.restart && !strstr(why.text, expected))
            fail_msg("%s: not %s", why.text, expected);
        count += row.restart;
        settings_release(&old);
        settings_release(&new);
    }
    assert_true(count >= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places),      cmocka_unit_test(meanings),
        cmocka_unit_test(numbers),     cmocka_unit_test(other_names),
        cmocka_unit_test(other_types), cmocka_unit_test(every_setting),
        cmocka_unit_test(ranges),      cmocka_unit_test(lists),
        cmocka_unit_test(copies),      cmocka_unit_test(restarts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
