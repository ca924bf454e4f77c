/* SPDX-License-Identifier: ISC */
#include "server/settings/read.h"

#include "server/settings/scan.h"

#include <errno.h>
#include <libconfig.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct walk {
    const struct schema *schema;
    const char *path;
    settings_complain *complain;
    void *context;
    size_t errors;
    struct settings *settings;
    const struct endpoint *endpoint; /* of the listener being read, once it is known */
};

__attribute__((format(printf, 3, 4))) static void complain(struct walk *walk, unsigned line,
                                                           const char *format, ...)
{
    char message[512], sentence[4096 + sizeof message];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    snprintf(sentence, sizeof sentence, "%.4000s:%u: %s", walk->path, line, message);
    walk->errors++;
    walk->complain(walk->context, sentence);
}

enum value_kind { VALUE_NUMBER, VALUE_FLAG, VALUE_STRING, VALUE_ARRAY, VALUE_LIST, VALUE_GROUP };

static enum value_kind value_kind(const config_setting_t *value)
{
    const char *text;

    switch (config_setting_type(value)) {
    case CONFIG_TYPE_BOOL:
        return VALUE_FLAG;
    case CONFIG_TYPE_ARRAY:
        return VALUE_ARRAY;
    case CONFIG_TYPE_LIST:
        return VALUE_LIST;
    case CONFIG_TYPE_GROUP:
        return VALUE_GROUP;
    default: /* scan_prepare has left no numbers but marked strings */
        text = config_setting_get_string(value);
        return text && *text == SCAN_NUMBER_MARK ? VALUE_NUMBER : VALUE_STRING;
    }
}

/* A scalar as it was written, without quotes; "" for the others. */
static const char *value_text(const config_setting_t *value)
{
    const char *text = config_setting_get_string(value);

    if (value_kind(value) == VALUE_FLAG)
        return config_setting_get_bool(value) ? "true" : "false";
    if (!text)
        return "";
    return *text == SCAN_NUMBER_MARK ? text + 1 : text;
}

static const struct {
    enum value_kind kind;
    const char *expected, *example;
} forms[] = {
    [SCHEMA_NUMBER] = {VALUE_NUMBER, "a number without quotes", "1000"},
    [SCHEMA_SIZE] = {VALUE_STRING, "a size in quotes", "64KiB"},
    [SCHEMA_DURATION] = {VALUE_STRING, "a duration with its unit, in quotes", "30s"},
    [SCHEMA_FLAG] = {VALUE_FLAG, "true or false without quotes", NULL},
    [SCHEMA_CHOICE] = {VALUE_STRING, "a word in quotes", NULL},
    [SCHEMA_FACILITY] = {VALUE_STRING, "a word in quotes", NULL},
    [SCHEMA_MODE] = {VALUE_STRING, "an octal mode in quotes", "0660"},
    [SCHEMA_STRING] = {VALUE_STRING, "a text in quotes", NULL},
    [SCHEMA_STRINGS] = {VALUE_ARRAY, "an array of texts", "[ \"one\", \"two\" ]"},
    [SCHEMA_ENDPOINT] = {VALUE_STRING, "an endpoint in quotes", "localhost:7777"},
};

/* Whether the setting would take the text. */
static bool would_take(const struct schema_setting *setting, const char *text)
{
    struct schema_setting probe = *setting;
    union {
        uint64_t number;
        char *string;
    } field = {0};
    bool taken;

    if (setting->kind == SCHEMA_ENDPOINT || setting->kind == SCHEMA_STRINGS)
        return false;
    probe.offset = 0;
    taken = *text && schema_assign(&probe, &field, text, NULL) == 0;
    if (setting->kind == SCHEMA_STRING)
        free(field.string);
    return taken;
}

/* The value has another type than the setting. Says what to write: the same, or the same in
 * seconds, where the setting would take it, else an example. */
static void complain_form(struct walk *walk, const struct schema_setting *setting,
                          const config_setting_t *value)
{
    const char *expected = forms[setting->kind].expected;
    const char *example = setting->choices ? setting->standard : forms[setting->kind].example;
    const char *quote = forms[setting->kind].kind == VALUE_STRING ? "\"" : "";
    const char *text = value_text(value);
    unsigned line = config_setting_source_line(value);
    char name[64], seconds[32];

    schema_full_name(setting, name, sizeof name);
    if (setting->kind == SCHEMA_DURATION && strlen(text) < 20 && !would_take(setting, text)) {
        snprintf(seconds, sizeof seconds, "%ss", text);
        text = seconds;
    }
    if (would_take(setting, text))
        complain(walk, line, "%s: expected %s: write %s%.60s%s", name, expected, quote, text,
                 quote);
    else if (example)
        complain(walk, line, "%s: expected %s, as in %s%s%s", name, expected, quote, example,
                 quote);
    else
        complain(walk, line, "%s: expected %s", name, expected);
}

static void walk_strings(struct walk *walk, const struct schema_setting *setting, void *base,
                         const config_setting_t *array)
{
    int count = config_setting_length(array);
    struct reason why;
    char name[64];

    schema_clear(setting, base);
    for (int i = 0; i < count; i++) {
        const config_setting_t *item = config_setting_get_elem(array, (unsigned)i);

        if (value_kind(item) != VALUE_STRING) {
            complain_form(walk, setting, array);
            return;
        }
        if (schema_assign(setting, base, value_text(item), &why) < 0) {
            complain(walk, config_setting_source_line(item), "%s: %s",
                     schema_full_name(setting, name, sizeof name), why.text);
            return;
        }
    }
}

static void walk_value(struct walk *walk, const struct schema_setting *setting, void *base,
                       const config_setting_t *value)
{
    unsigned line = config_setting_source_line(value);
    struct reason why;
    char name[64];

    schema_full_name(setting, name, sizeof name);
    if (walk->endpoint && !schema_applies(setting, walk->endpoint)) {
        static const char *const owners[] = {
            [ENDPOINT_HAS_PATH] = "Unix socket paths",
            [ENDPOINT_HAS_CREDENTIALS] = "Unix sockets",
            [ENDPOINT_HAS_BACKLOG] = "sockets that are not inherited",
            [ENDPOINT_HAS_HOST] = "TCP",
            [ENDPOINT_IS_TCP] = "TCP",
        };
        char text[ENDPOINT_TEXT_SIZE];

        endpoint_format(walk->endpoint, text, sizeof text);
        complain(walk, line, "%s: has no meaning for %.200s: it is for %s", name, text,
                 owners[setting->needs]);
    } else if (value_kind(value) != forms[setting->kind].kind) {
        complain_form(walk, setting, value);
    } else if (setting->kind == SCHEMA_STRINGS) {
        walk_strings(walk, setting, base, value);
    } else if (schema_assign(setting, base, value_text(value), &why) < 0) {
        complain(walk, line, "%s: %s", name, why.text);
    }
}

static void walk_members(struct walk *walk, enum schema_group group, void *base,
                         const config_setting_t *members);

static void walk_listener(struct walk *walk, struct settings_listener *listener,
                          const config_setting_t *item)
{
    const struct schema_setting *setting = schema_find(walk->schema, SCHEMA_LISTENER, "endpoint");
    const config_setting_t *endpoint;
    struct reason why;

    if (schema_assign_defaults(walk->schema, SCHEMA_LISTENER, listener, &why) < 0) {
        complain(walk, config_setting_source_line(item), "%s", why.text);
        return;
    }
    /* The others mean something or nothing according to the endpoint, which may stand below. */
    endpoint = config_setting_get_member(item, "endpoint");
    if (endpoint && value_kind(endpoint) == VALUE_STRING &&
        schema_assign(setting, listener, value_text(endpoint), NULL) == 0)
        walk->endpoint = &listener->endpoint;
    if (!endpoint)
        complain(walk, config_setting_source_line(item),
                 "a listener needs an endpoint, as in endpoint = \"localhost:7777\"");
    walk_members(walk, SCHEMA_LISTENER, listener, item);
    if (endpoint && walk->endpoint &&
        settings_complete_listener(walk->settings, (size_t)(listener - walk->settings->listeners),
                                   &why) < 0)
        complain(walk, config_setting_source_line(endpoint), "%s", why.text);
    walk->endpoint = NULL;
}

static void walk_listeners(struct walk *walk, const config_setting_t *list)
{
    static const char example[] = "listeners = ( { endpoint = \"localhost:7777\"; } );";
    unsigned line = config_setting_source_line(list);
    int count = config_setting_length(list);

    if (value_kind(list) != VALUE_LIST) {
        complain(walk, line, "listeners: expected a list of groups, as in %s", example);
        return;
    }
    if (count == 0 || count > SETTINGS_LISTENERS_MAX) {
        complain(walk, line,
                 count ? "listeners: more than %d" : "listeners: at least one is needed",
                 SETTINGS_LISTENERS_MAX);
        return;
    }
    settings_release_listeners(walk->settings);
    walk->settings->listeners = calloc((size_t)count, sizeof *walk->settings->listeners);
    if (!walk->settings->listeners) {
        complain(walk, line, "listeners: %s", strerror(ENOMEM));
        return;
    }
    for (int i = 0; i < count; i++) {
        const config_setting_t *item = config_setting_get_elem(list, (unsigned)i);

        walk->settings->listener_count = (size_t)i + 1;
        if (value_kind(item) == VALUE_GROUP)
            walk_listener(walk, &walk->settings->listeners[i], item);
        else
            complain(walk, config_setting_source_line(item),
                     "listeners: expected a group, as in { endpoint = \"localhost:7777\"; }");
    }
}

static void complain_unknown(struct walk *walk, enum schema_group group,
                             const config_setting_t *member)
{
    const char *prefix = schema_group_names[group], *name = config_setting_name(member);
    char text[64];
    const char *meant = schema_suggest(walk->schema, group, name, text, sizeof text);

    complain(walk, config_setting_source_line(member), "unknown setting \"%s%s%.60s\"%s%s%s",
             prefix, *prefix ? "." : "", name, meant ? " (did you mean \"" : "", meant ? meant : "",
             meant ? "\"?)" : "");
}

/* One of the groups, or false. */
static bool walk_group(struct walk *walk, const config_setting_t *member)
{
    const char *name = config_setting_name(member);

    if (strcmp(name, "listeners") == 0) {
        walk_listeners(walk, member);
        return true;
    }
    for (enum schema_group group = SCHEMA_LIMITS; group < SCHEMA_GROUPS; group++) {
        if (strcmp(name, schema_group_names[group]) != 0)
            continue;
        if (value_kind(member) == VALUE_GROUP)
            walk_members(walk, group, walk->settings, member);
        else
            complain(walk, config_setting_source_line(member),
                     "%s: expected a group of settings, as in %s = { ... };", name, name);
        return true;
    }
    return false;
}

static void walk_members(struct walk *walk, enum schema_group group, void *base,
                         const config_setting_t *members)
{
    int count = config_setting_length(members);

    for (int i = 0; i < count; i++) {
        const config_setting_t *member = config_setting_get_elem(members, (unsigned)i);
        const struct schema_setting *setting =
            schema_find(walk->schema, group, config_setting_name(member));

        if (setting)
            walk_value(walk, setting, base, member);
        else if (group != SCHEMA_TOP || !walk_group(walk, member))
            complain_unknown(walk, group, member);
    }
}

int read_settings(const struct schema *schema, struct settings *settings, const char *path,
                  const char *text, settings_complain *complain_to, void *context)
{
    struct walk walk = {.schema = schema,
                        .path = path,
                        .complain = complain_to,
                        .context = context,
                        .settings = settings};
    char *prepared = NULL;
    struct reason why;
    config_t config;
    unsigned line = 1;

    config_init(&config);
    if (settings_defaults(settings, &why) < 0 || scan_prepare(text, &prepared, &line, &why) < 0)
        complain(&walk, line, "%s", why.text);
    else if (!config_read_string(&config, prepared))
        complain(&walk, (unsigned)config_error_line(&config), "%s%s", config_error_text(&config),
                 strcmp(config_error_text(&config), "syntax error") == 0 ? " here or just before"
                                                                         : "");
    else
        walk_members(&walk, SCHEMA_TOP, settings, config_root_setting(&config));
    config_destroy(&config);
    free(prepared);
    if (walk.errors == 0)
        return 0;
    settings_release(settings);
    return -1;
}
