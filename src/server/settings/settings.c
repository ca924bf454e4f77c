/* SPDX-License-Identifier: ISC */
#include "server/settings/settings.h"

#include "server/settings/schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void settings_release_listeners(struct settings *settings)
{
    for (size_t i = 0; i < settings->listener_count; i++) {
        free(settings->listeners[i].name);
        free(settings->listeners[i].owner);
        free(settings->listeners[i].group);
    }
    free(settings->listeners);
    settings->listeners = NULL;
    settings->listener_count = 0;
}

void settings_release(struct settings *settings)
{
    settings_release_listeners(settings);
    free(settings->user);
    free(settings->group);
    memset(settings, 0, sizeof *settings);
}

int settings_complete_listener(const struct settings *settings, size_t index, struct reason *why)
{
    struct settings_listener *listener = &settings->listeners[index];
    char text[ENDPOINT_TEXT_SIZE];

    endpoint_format(&listener->endpoint, text, sizeof text);
    if (!listener->name)
        listener->name = strdup(text);
    if (!listener->name)
        return reason_errno(why, ENOMEM, "keep a name");
    for (const struct settings_listener *other = settings->listeners; other < listener; other++) {
        if (endpoint_compare(&other->endpoint, &listener->endpoint) == 0)
            return reason_set(why, REASON_USAGE, 0, "%.120s stands twice among the listeners",
                              text);
        if (other->name && strcmp(other->name, listener->name) == 0)
            return reason_set(why, REASON_USAGE, 0, "two listeners have the name of %.120s", text);
    }
    return 0;
}

int settings_set_endpoints(struct settings *settings, char *const *endpoints, size_t count,
                           const char *mode, struct reason *why)
{
    const struct schema_setting *endpoint_setting = schema_find(SCHEMA_LISTENER, "endpoint");
    const struct schema_setting *mode_setting = schema_find(SCHEMA_LISTENER, "mode");
    struct settings fresh = {0}, old;
    bool mode_used = !mode;
    struct reason inner;
    int result = -1;

    if (count > SETTINGS_LISTENERS_MAX)
        return reason_set(why, REASON_USAGE, 0, "more than %d endpoints", SETTINGS_LISTENERS_MAX);
    fresh.listeners = calloc(count + 1, sizeof *fresh.listeners);
    if (!fresh.listeners)
        return reason_errno(why, ENOMEM, "keep the listeners");
    while (fresh.listener_count < count) {
        struct settings_listener *listener = &fresh.listeners[fresh.listener_count++];

        if (schema_assign_defaults(SCHEMA_LISTENER, listener, why) < 0 ||
            schema_assign(endpoint_setting, listener, endpoints[fresh.listener_count - 1], why) < 0)
            goto out;
        if (mode && schema_applies(mode_setting, &listener->endpoint)) {
            mode_used = true;
            if (schema_assign(mode_setting, listener, mode, &inner) < 0) {
                reason_set(why, REASON_USAGE, 0, "mode: %s", inner.text);
                goto out;
            }
        }
        if (settings_complete_listener(&fresh, fresh.listener_count - 1, why) < 0)
            goto out;
    }
    if (!mode_used) {
        reason_set(why, REASON_USAGE, 0,
                   "a mode is for the Unix socket paths of the command line, and there is none");
        goto out;
    }
    result = 0;
    if (count == 0)
        goto out;
    old = *settings;
    settings->listeners = fresh.listeners;
    settings->listener_count = fresh.listener_count;
    fresh = old;
out:
    settings_release_listeners(&fresh);
    return result;
}

int settings_defaults(struct settings *settings, struct reason *why)
{
    char path[] = "unix:/tmp/echo.sock", port[] = "localhost:7777";
    char *const endpoints[] = {path, port};

    memset(settings, 0, sizeof *settings);
    for (enum schema_group group = SCHEMA_TOP; group < SCHEMA_GROUPS; group++)
        if (group != SCHEMA_LISTENER && schema_assign_defaults(group, settings, why) < 0)
            goto failed;
    if (settings_set_endpoints(settings, endpoints, 2, NULL, why) == 0)
        return 0;
failed:
    settings_release(settings);
    return -1;
}

int settings_set(struct settings *settings, const char *name, const char *text, struct reason *why)
{
    char full[64];

    for (size_t i = 0; i < schema_count; i++)
        if (schema_settings[i].group != SCHEMA_LISTENER &&
            strcmp(schema_full_name(&schema_settings[i], full, sizeof full), name) == 0)
            return schema_assign_option(&schema_settings[i], settings, text, why);
    return reason_set(why, REASON_USAGE, 0, "no setting is called %s", name);
}
