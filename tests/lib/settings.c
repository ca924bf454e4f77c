/* SPDX-License-Identifier: ISC */
#include "lib/settings.h"

#include <limits.h>
#include <stdlib.h>

#define FILE_NAME "a.conf"

const struct schema *test_schema = &settings_schema;

static void collect(void *context, const char *sentence)
{
    struct complaints *complaints = context;
    size_t used = strlen(complaints->text);

    assert_memory_equal(sentence, FILE_NAME ":", sizeof FILE_NAME);
    complaints->count++;
    snprintf(complaints->text + used, sizeof complaints->text - used, "%s\n",
             sentence + sizeof FILE_NAME);
}

static int parse(struct settings *settings, const char *text, struct complaints *complaints)
{
    memset(complaints, 0, sizeof *complaints);
    return read_settings(test_schema, settings, FILE_NAME, text, collect, complaints);
}

char *settings_dump_text(const struct settings *settings)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);

    assert_non_null(out);
    dump_settings(test_schema, settings, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

char *settings_dump_of(const char *text, struct complaints *complaints)
{
    struct settings settings;
    char *dumped;

    if (parse(&settings, text, complaints) < 0) {
        assert_true(complaints->count > 0);
        assert_int_equal(settings.listener_count, 0);
        assert_null(settings.listeners);
        return NULL;
    }
    assert_int_equal(complaints->count, 0);
    dumped = settings_dump_text(&settings);
    settings_release(&settings);
    return dumped;
}

void assert_dump_is_stable(const char *dumped)
{
    struct complaints complaints;
    char *again = settings_dump_of(dumped, &complaints);

    if (!again)
        fail_msg("%srefused in\n%s", complaints.text, dumped);
    assert_string_equal(again, dumped);
    free(again);
}

void assert_settings_say(const char *text, const char *expected)
{
    struct complaints complaints;
    char *dumped = settings_dump_of(text, &complaints);

    if (dumped)
        fail_msg("taken: %s", text);
    if (!strstr(complaints.text, expected) || complaints.count != 1)
        fail_msg("%s\nsays: %snot: %s", text, complaints.text, expected);
}

const char *source_path(const char *name)
{
    static char path[PATH_MAX];
    const char *top = getenv("ECHO_SOURCE");

    snprintf(path, sizeof path, "%s/%s", top ? top : ".", name);
    return path;
}

char *source_read(const char *name)
{
    struct reason why;
    char *text;

    if (file_read(source_path(name), &text, &why) < 0)
        fail_msg("%s", why.text);
    return text;
}
