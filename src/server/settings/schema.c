/* SPDX-License-Identifier: ISC */
#include "server/settings/schema.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DAY             (86400 * NS_PER_S)

#define IN(field)       offsetof(struct settings, field)
#define LISTENER(field) offsetof(struct settings_listener, field)

/* Enumerations are stored through an int. */
_Static_assert(sizeof(enum log_level) == sizeof(int) &&
                   sizeof(enum settings_sandbox) == sizeof(int),
               "enum and int have one size");

static const char *const on_full_names[] = {"pause", "close", NULL};
static const char *const sandbox_names[] = {"auto", "off", "required", NULL};

const char *const schema_group_names[SCHEMA_GROUPS] = {
    [SCHEMA_TOP] = "",          [SCHEMA_LISTENER] = "listeners[]",
    [SCHEMA_LIMITS] = "limits", [SCHEMA_SHUTDOWN] = "shutdown",
    [SCHEMA_LOG] = "log",
};

/* clang-format off */
const struct schema_setting schema_settings[] = {
    {SCHEMA_LISTENER, "endpoint", SCHEMA_ENDPOINT, .offset = LISTENER(endpoint)},
    {SCHEMA_LISTENER, "name", SCHEMA_STRING, LISTENER(name),
     .min = 1, .max = 511},
    {SCHEMA_LISTENER, "backlog", SCHEMA_NUMBER, LISTENER(backlog),
     .standard = "1024", .min = 1, .max = 65535},
    {SCHEMA_LISTENER, "mode", SCHEMA_MODE, LISTENER(mode),
     .standard = "0660", .max = 0777, .needs = ENDPOINT_HAS_PATH},
    {SCHEMA_LISTENER, "owner", SCHEMA_STRING, LISTENER(owner),
     .standard = "", .max = 255, .needs = ENDPOINT_HAS_PATH},
    {SCHEMA_LISTENER, "group", SCHEMA_STRING, LISTENER(group),
     .standard = "", .max = 255, .needs = ENDPOINT_HAS_PATH},
    {SCHEMA_LISTENER, "allow_users", SCHEMA_STRINGS, .needs = ENDPOINT_HAS_CREDENTIALS, .later = ""},
    {SCHEMA_LISTENER, "allow_groups", SCHEMA_STRINGS, .needs = ENDPOINT_HAS_CREDENTIALS, .later = ""},
    {SCHEMA_LISTENER, "allow", SCHEMA_STRINGS, .needs = ENDPOINT_HAS_HOST, .later = ""},
    {SCHEMA_LISTENER, "deny", SCHEMA_STRINGS, .needs = ENDPOINT_HAS_HOST, .later = ""},
    {SCHEMA_LISTENER, "nodelay", SCHEMA_FLAG, LISTENER(nodelay),
     .standard = "true", .needs = ENDPOINT_IS_TCP},
    {SCHEMA_LISTENER, "keepalive", SCHEMA_FLAG, LISTENER(keepalive),
     .standard = "true", .needs = ENDPOINT_IS_TCP},
    {SCHEMA_LISTENER, "optional", SCHEMA_FLAG, LISTENER(optional), .standard = "false"},

    {SCHEMA_TOP, "workers", SCHEMA_NUMBER, IN(workers), .standard = "0",
     .max = SETTINGS_WORKERS_MAX},
    {SCHEMA_TOP, "busy_poll", SCHEMA_DURATION, IN(busy_poll_ns), .standard = "0", .max = NS_PER_S},
    {SCHEMA_TOP, "buffer", SCHEMA_SIZE, IN(buffer),
     .standard = "64KiB", .min = 4 << 10, .max = 16 << 20},
    {SCHEMA_TOP, "user", SCHEMA_STRING, IN(user), .standard = "", .max = 255, .later = ""},
    {SCHEMA_TOP, "group", SCHEMA_STRING, IN(group), .standard = "", .max = 255, .later = ""},
    {SCHEMA_TOP, "allow_root", SCHEMA_FLAG, IN(allow_root), .standard = "false"},
    {SCHEMA_TOP, "sandbox", SCHEMA_CHOICE, IN(sandbox),
     .standard = "auto", .choices = sandbox_names, .later = "required"},

    {SCHEMA_LIMITS, "connections", SCHEMA_NUMBER, IN(limits.connections),
     .standard = "10000", .min = 1, .max = 1000000},
    {SCHEMA_LIMITS, "per_source", SCHEMA_NUMBER, IN(limits.per_source),
     .standard = "0", .max = 1000000},
    {SCHEMA_LIMITS, "per_user", SCHEMA_NUMBER, IN(limits.per_user),
     .standard = "0", .max = 1000000},
    {SCHEMA_LIMITS, "accept_rate", SCHEMA_NUMBER, IN(limits.accept_rate),
     .standard = "0", .max = 1000000},
    {SCHEMA_LIMITS, "idle_timeout", SCHEMA_DURATION, IN(limits.idle_ns),
     .standard = "0", .max = 365 * DAY},
    {SCHEMA_LIMITS, "write_timeout", SCHEMA_DURATION, IN(limits.write_ns),
     .standard = "0", .max = 365 * DAY},
    {SCHEMA_LIMITS, "lifetime", SCHEMA_DURATION, IN(limits.lifetime_ns),
     .standard = "0", .max = 365 * DAY},
    {SCHEMA_LIMITS, "on_full", SCHEMA_CHOICE, IN(limits.on_full),
     .standard = "pause", .choices = on_full_names},

    {SCHEMA_SHUTDOWN, "grace", SCHEMA_DURATION, IN(shutdown.grace_ns),
     .standard = "5s", .max = DAY}, /* with linger below the 10 s that container runtimes wait */
    {SCHEMA_SHUTDOWN, "linger", SCHEMA_DURATION, IN(shutdown.linger_ns),
     .standard = "2s", .max = DAY},

    {SCHEMA_LOG, "target", SCHEMA_CHOICE, IN(log.target),
     .standard = "stderr", .choices = log_target_names},
    {SCHEMA_LOG, "level", SCHEMA_CHOICE, IN(log.level),
     .standard = "notice", .choices = log_level_names},
    {SCHEMA_LOG, "format", SCHEMA_CHOICE, IN(log.format),
     .standard = "text", .choices = log_format_names},
    {SCHEMA_LOG, "facility", SCHEMA_FACILITY, IN(log.facility),
     .standard = "daemon", .choices = log_facility_names},
};
/* clang-format on */

const size_t schema_count = sizeof schema_settings / sizeof schema_settings[0];

const struct schema_setting *schema_find(enum schema_group group, const char *name)
{
    for (size_t i = 0; i < schema_count; i++)
        if (schema_settings[i].group == group && strcmp(schema_settings[i].name, name) == 0)
            return &schema_settings[i];
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

const char *schema_suggest(enum schema_group group, const char *name, char *text, size_t size)
{
    const struct schema_setting *same = NULL;
    const char *candidates[sizeof schema_settings / sizeof schema_settings[0] + 8];
    const char *meant;
    size_t count = 0;

    for (size_t i = 0; i < schema_count; i++)
        if (strcasecmp(schema_settings[i].name, name) == 0 &&
            (!same || schema_settings[i].group == group))
            same = &schema_settings[i];
    if (same)
        return schema_full_name(same, text, size);
    for (size_t i = 0; i < schema_count; i++)
        if (schema_settings[i].group == group)
            candidates[count++] = schema_settings[i].name;
    if (group == SCHEMA_TOP)
        for (size_t i = 0; group_names[i]; i++)
            candidates[count++] = group_names[i];
    candidates[count] = NULL;
    meant = find_meant(name, candidates);
    if (!meant)
        return find_meant(name, group_names);
    return schema_find(group, meant) ? schema_full_name(schema_find(group, meant), text, size)
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

static int assign_string(const struct schema_setting *setting, char **field, const char *text,
                         struct reason *why)
{
    size_t length = strlen(text);
    char *copy;

    if (length < setting->min)
        return reason_set(why, REASON_USAGE, 0, "must not be empty");
    if (length > setting->max)
        return reason_set(why, REASON_USAGE, 0, "%zu bytes are more than %u", length,
                          (unsigned)setting->max);
    copy = strdup(text);
    if (!copy)
        return reason_errno(why, ENOMEM, "keep a string");
    free(*field);
    *field = copy;
    return 0;
}

/* Refuses what a listener cannot be, so that a check of the settings finds it. */
static int assign_endpoint(struct endpoint *field, const char *text, struct reason *why)
{
    struct endpoint endpoint;

    if (endpoint_parse(&endpoint, text, why) < 0 || endpoint_make_absolute(&endpoint, why) < 0)
        return -1;
    if (endpoint_traits(&endpoint) & ENDPOINT_IS_INHERITED)
        return reason_set(why, REASON_USAGE, 0, "inherited sockets (%.*s:) are not in this version",
                          (int)strcspn(text, ":"), text);
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
        break;
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

bool schema_applies(const struct schema_setting *setting, const struct endpoint *endpoint)
{
    return (setting->needs & endpoint_traits(endpoint)) == setting->needs;
}

int schema_assign_defaults(enum schema_group group, void *base, struct reason *why)
{
    for (size_t i = 0; i < schema_count; i++)
        if (schema_settings[i].group == group && schema_settings[i].standard &&
            schema_assign(&schema_settings[i], base, schema_settings[i].standard, why) < 0)
            return -1;
    return 0;
}
