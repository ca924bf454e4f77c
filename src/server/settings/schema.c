/* SPDX-License-Identifier: ISC */
#include "server/settings/schema.h"

#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>

#define STRINGS_MAX 256

const char *const schema_group_names[SCHEMA_GROUPS] = {
    [SCHEMA_TOP] = "",          [SCHEMA_LISTENER] = "listeners[]",
    [SCHEMA_LIMITS] = "limits", [SCHEMA_SHUTDOWN] = "shutdown",
    [SCHEMA_LOG] = "log",
};

const struct schema_setting *schema_find(const struct schema *schema, enum schema_group group,
                                         const char *name)
{
    for (size_t i = 0; i < schema->count; i++)
        if (schema->settings[i].group == group && strcmp(schema->settings[i].name, name) == 0)
            return &schema->settings[i];
    return NULL;
}

const char *schema_full_name(const struct schema_setting *setting, char *text, size_t size)
{
    const char *group = schema_group_names[setting->group];

    snprintf(text, size, "%s%s%s", group, *group ? "." : "", setting->name);
    return text;
}

/* The word that was meant: the same letters, small or capital; else one spelt much like it; else
 * the first that begins like it. */
static const char *find_meant(const char *word, const char *const *candidates)
{
    const char *nearest;

    for (size_t i = 0; candidates[i]; i++)
        if (strcasecmp(candidates[i], word) == 0)
            return candidates[i];
    nearest = strlen(word) > 2 ? text_nearest(word, candidates) : NULL;
    for (size_t i = 0; !nearest && strlen(word) > 2 && candidates[i]; i++)
        if (strncmp(candidates[i], word, strlen(word)) == 0 ||
            strncmp(candidates[i], word, strlen(candidates[i])) == 0)
            nearest = candidates[i];
    return nearest;
}

static const char *const group_names[] = {"listeners", "limits", "shutdown", "log", NULL};

const char *schema_suggest(const struct schema *schema, enum schema_group group, const char *name,
                           char *text, size_t size)
{
    const struct schema_setting *same = NULL;
    const char *candidates[SCHEMA_MAX + SCHEMA_GROUPS];
    const char *meant;
    size_t count = 0;

    for (size_t i = 0; i < schema->count; i++)
        if (strcasecmp(schema->settings[i].name, name) == 0 &&
            (!same || schema->settings[i].group == group))
            same = &schema->settings[i];
    if (same)
        return schema_full_name(same, text, size);
    for (size_t i = 0; i < schema->count; i++)
        if (schema->settings[i].group == group)
            candidates[count++] = schema->settings[i].name;
    if (group == SCHEMA_TOP)
        for (size_t i = 0; group_names[i]; i++)
            candidates[count++] = group_names[i];
    candidates[count] = NULL;
    meant = find_meant(name, candidates);
    if (!meant)
        return find_meant(name, group_names);
    return schema_find(schema, group, meant)
               ? schema_full_name(schema_find(schema, group, meant), text, size)
               : meant;
}

static int assign_choice(const struct schema_setting *setting, int *field, const char *text,
                         struct reason *why)
{
    const char *meant;
    char copy[48], list[160] = "";

    for (int i = 0; setting->choices[i]; i++) {
        size_t used = strlen(list);

        if (strcmp(setting->choices[i], text) == 0) {
            *field = setting->kind == SCHEMA_FACILITY ? log_facility(text) : i;
            return 0;
        }
        snprintf(list + used, sizeof list - used, "%s%s", used ? " " : "", setting->choices[i]);
    }
    text_escape(copy, sizeof copy, text, strlen(text));
    meant = find_meant(text, setting->choices);
    if (meant)
        return reason_set(why, REASON_USAGE, 0, "\"%s\" is not one of: %s (did you mean \"%s\"?)",
                          copy, list, meant);
    return reason_set(why, REASON_USAGE, 0, "\"%s\" is not one of: %s", copy, list);
}

/* NULL, and why: it is too short, too long, or there is no memory. */
static char *copy_string(const struct schema_setting *setting, const char *text, struct reason *why)
{
    size_t length = strlen(text);
    char *copy = NULL;

    if (length < setting->min)
        reason_set(why, REASON_USAGE, 0, "must not be empty");
    else if (length > setting->max)
        reason_set(why, REASON_USAGE, 0, "%zu bytes are more than %u", length,
                   (unsigned)setting->max);
    else if (!(copy = strdup(text)))
        reason_errno(why, ENOMEM, "keep a string");
    return copy;
}

static int assign_string(const struct schema_setting *setting, char **field, const char *text,
                         struct reason *why)
{
    char *copy = copy_string(setting, text, why);

    if (!copy)
        return -1;
    free(*field);
    *field = copy;
    return 0;
}

static int add_string(const struct schema_setting *setting, struct schema_strings *field,
                      const char *text, struct reason *why)
{
    char **items;

    if (field->count == STRINGS_MAX)
        return reason_set(why, REASON_USAGE, 0, "more than %d texts", STRINGS_MAX);
    items = realloc(field->items, (field->count + 1) * sizeof *items);
    if (!items)
        return reason_errno(why, ENOMEM, "keep a string");
    field->items = items;
    items[field->count] = copy_string(setting, text, why);
    if (!items[field->count])
        return -1;
    field->count++;
    return 0;
}

/* Refuses what a listener cannot be, so that a check of the settings finds it. */
static int assign_endpoint(struct endpoint *field, const char *text, struct reason *why)
{
    struct endpoint endpoint;

    if (endpoint_parse(&endpoint, text, why) < 0 || endpoint_make_absolute(&endpoint, why) < 0)
        return -1;
    if (endpoint_traits(&endpoint) & ENDPOINT_HAS_HOST && !endpoint.port_text[0]) {
        char copy[96];

        endpoint_format(&endpoint, copy, sizeof copy);
        return reason_set(why, REASON_USAGE, 0, "%s: port needed: write %s:7777", copy, copy);
    }
    *field = endpoint;
    return 0;
}

static int assign_number(const struct schema_setting *setting, void *field, const char *text,
                         struct reason *why)
{
    uint64_t value = 0;

    switch (setting->kind) {
    case SCHEMA_NUMBER:
        if (text_number(text, setting->min, setting->max, &value, why) < 0)
            return -1;
        *(unsigned *)field = (unsigned)value;
        return 0;
    case SCHEMA_SIZE:
        if (text_size(text, setting->min, setting->max, &value, why) < 0)
            return -1;
        *(size_t *)field = (size_t)value;
        return 0;
    case SCHEMA_MODE:
        if (text_octal(text, setting->max, &value, why) < 0)
            return -1;
        *(mode_t *)field = (mode_t)value;
        return 0;
    default:
        return text_duration(text, TEXT_UNIT_REQUIRED, setting->min, setting->max, field, why);
    }
}

static bool is_later(const struct schema_setting *setting, const char *text)
{
    if (!setting->later)
        return false;
    return *setting->later ? strcmp(text, setting->later) == 0
                           : strcmp(text, setting->standard ? setting->standard : "") != 0;
}

int schema_assign(const struct schema_setting *setting, void *base, const char *text,
                  struct reason *why)
{
    void *field = (char *)base + setting->offset;

    if (is_later(setting, text))
        return reason_set(why, REASON_USAGE, 0, "not in this version");
    switch (setting->kind) {
    case SCHEMA_NUMBER:
    case SCHEMA_SIZE:
    case SCHEMA_DURATION:
    case SCHEMA_MODE:
        return assign_number(setting, field, text, why);
    case SCHEMA_FLAG:
        if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
            return reason_set(why, REASON_USAGE, 0, "must be true or false");
        *(bool *)field = *text == 't';
        return 0;
    case SCHEMA_CHOICE:
    case SCHEMA_FACILITY:
        return assign_choice(setting, field, text, why);
    case SCHEMA_STRING:
        return assign_string(setting, field, text, why);
    case SCHEMA_ENDPOINT:
        return assign_endpoint(field, text, why);
    case SCHEMA_STRINGS:
        return add_string(setting, field, text, why);
    }
    return 0;
}

int schema_assign_option(const struct schema_setting *setting, void *base, const char *text,
                         struct reason *why)
{
    if (setting->kind != SCHEMA_DURATION)
        return schema_assign(setting, base, text, why);
    return text_duration(text, TEXT_UNIT_SECONDS, setting->min, setting->max,
                         (void *)((char *)base + setting->offset), why);
}

void schema_clear(const struct schema_setting *setting, void *base)
{
    void *field = (char *)base + setting->offset;

    if (setting->kind == SCHEMA_STRING) {
        free(*(char **)field);
        *(char **)field = NULL;
    } else if (setting->kind == SCHEMA_STRINGS) {
        struct schema_strings *list = field;

        while (list->count > 0)
            free(list->items[--list->count]);
        free(list->items);
        list->items = NULL;
    }
}

int schema_unshare(const struct schema_setting *setting, void *base, struct reason *why)
{
    void *field = (char *)base + setting->offset;

    if (setting->kind == SCHEMA_STRING) {
        const char *shared = *(char **)field;

        *(char **)field = NULL;
        return shared ? assign_string(setting, field, shared, why) : 0;
    }
    if (setting->kind == SCHEMA_STRINGS) {
        const struct schema_strings shared = *(struct schema_strings *)field;

        *(struct schema_strings *)field = (struct schema_strings){0};
        for (size_t i = 0; i < shared.count; i++)
            if (add_string(setting, field, shared.items[i], why) < 0) {
                schema_clear(setting, base);
                return -1;
            }
    }
    return 0;
}

static bool are_equal(const struct schema_strings *one, const struct schema_strings *other)
{
    if (one->count != other->count)
        return false;
    for (size_t i = 0; i < one->count; i++)
        if (strcmp(one->items[i], other->items[i]) != 0)
            return false;
    return true;
}

bool schema_equal(const struct schema_setting *setting, const void *one, const void *other)
{
    static const size_t sizes[] = {
        [SCHEMA_NUMBER] = sizeof(unsigned),   [SCHEMA_SIZE] = sizeof(size_t),
        [SCHEMA_DURATION] = sizeof(uint64_t), [SCHEMA_FLAG] = sizeof(bool),
        [SCHEMA_CHOICE] = sizeof(int),        [SCHEMA_FACILITY] = sizeof(int),
        [SCHEMA_MODE] = sizeof(mode_t),
    };

    one = (const char *)one + setting->offset;
    other = (const char *)other + setting->offset;
    switch (setting->kind) {
    case SCHEMA_STRING:
        return strcmp(*(char *const *)one, *(char *const *)other) == 0;
    case SCHEMA_STRINGS:
        return are_equal(one, other);
    case SCHEMA_ENDPOINT:
        return endpoint_compare(one, other) == 0;
    case SCHEMA_NUMBER:
    case SCHEMA_SIZE:
    case SCHEMA_DURATION:
    case SCHEMA_FLAG:
    case SCHEMA_CHOICE:
    case SCHEMA_FACILITY:
    case SCHEMA_MODE:
        break;
    }
    return memcmp(one, other, sizes[setting->kind]) == 0;
}

bool schema_applies(const struct schema_setting *setting, const struct endpoint *endpoint)
{
    return (setting->needs & endpoint_traits(endpoint)) == setting->needs;
}

int schema_assign_defaults(const struct schema *schema, enum schema_group group, void *base,
                           struct reason *why)
{
    for (size_t i = 0; i < schema->count; i++) {
        const struct schema_setting *setting = &schema->settings[i];

        if (setting->group == group && setting->standard &&
            schema_assign(setting, base, setting->standard, why) < 0)
            return -1;
    }
    return 0;
}
