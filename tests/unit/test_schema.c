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
        break;
    }
    return NULL;
}

static void every_setting(void **state)
{
    (void)state;
    for (size_t i = 0; i < settings_schema.count; i++) {
        const struct schema_setting *setting = &settings_schema.settings[i];
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),     cmocka_unit_test(other_names),
        cmocka_unit_test(other_types), cmocka_unit_test(every_setting),
        cmocka_unit_test(ranges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
