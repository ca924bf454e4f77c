/* SPDX-License-Identifier: ISC */
#include "server/settings/settings.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DAY             (86400 * NS_PER_S)

#define IN(field)       offsetof(struct settings, field)
#define LISTENER(field) offsetof(struct settings_listener, field)

/* Enumerations are stored through an int. */
_Static_assert(sizeof(enum log_level) == sizeof(int) &&
                   sizeof(enum settings_service) == sizeof(int) &&
                   sizeof(enum settings_sandbox) == sizeof(int),
               "enum and int have one size");

static const char *const service_names[SETTINGS_SERVICES + 1] = {
    [SETTINGS_ECHO] = "echo",
    [SETTINGS_INFO] = "info",
};
static const char *const on_full_names[] = {"pause", "close", NULL};
static const char *const sandbox_names[] = {"auto", "off", "required", NULL};

/* clang-format off */
static const struct schema_setting rows[] = {
    {SCHEMA_LISTENER, "endpoint", SCHEMA_ENDPOINT, .offset = LISTENER(endpoint)},
    {SCHEMA_LISTENER, "name", SCHEMA_STRING, LISTENER(name),
     .min = 1, .max = 511},
    {SCHEMA_LISTENER, "backlog", SCHEMA_NUMBER, LISTENER(backlog),
     .standard = "1024", .min = 1, .max = 65535, .needs = ENDPOINT_HAS_BACKLOG},
    {SCHEMA_LISTENER, "mode", SCHEMA_MODE, LISTENER(mode),
     .standard = "0660", .max = 0777, .needs = ENDPOINT_HAS_PATH, .restart = true},
    {SCHEMA_LISTENER, "owner", SCHEMA_STRING, LISTENER(owner),
     .standard = "", .max = 255, .needs = ENDPOINT_HAS_PATH, .restart = true},
    {SCHEMA_LISTENER, "group", SCHEMA_STRING, LISTENER(group),
     .standard = "", .max = 255, .needs = ENDPOINT_HAS_PATH, .restart = true},
    {SCHEMA_LISTENER, "allow_users", SCHEMA_STRINGS, LISTENER(allow_users),
     .min = 1, .max = 255, .needs = ENDPOINT_HAS_CREDENTIALS, .later = ""},
    {SCHEMA_LISTENER, "allow_groups", SCHEMA_STRINGS, LISTENER(allow_groups),
     .min = 1, .max = 255, .needs = ENDPOINT_HAS_CREDENTIALS, .later = ""},
    {SCHEMA_LISTENER, "allow", SCHEMA_STRINGS, LISTENER(allow),
     .min = 1, .max = 255, .needs = ENDPOINT_HAS_HOST, .later = ""},
    {SCHEMA_LISTENER, "deny", SCHEMA_STRINGS, LISTENER(deny),
     .min = 1, .max = 255, .needs = ENDPOINT_HAS_HOST, .later = ""},
    {SCHEMA_LISTENER, "nodelay", SCHEMA_FLAG, LISTENER(nodelay),
     .standard = "true", .needs = ENDPOINT_IS_TCP, .restart = true},
    {SCHEMA_LISTENER, "keepalive", SCHEMA_FLAG, LISTENER(keepalive),
     .standard = "true", .needs = ENDPOINT_IS_TCP, .restart = true},
    {SCHEMA_LISTENER, "optional", SCHEMA_FLAG, LISTENER(optional), .standard = "false"},
    {SCHEMA_LISTENER, "service", SCHEMA_CHOICE, LISTENER(service),
     .standard = "echo", .choices = service_names, .restart = true},

    {SCHEMA_TOP, "server_name", SCHEMA_STRING, IN(server_name), .standard = "", .max = 255},
    {SCHEMA_TOP, "workers", SCHEMA_NUMBER, IN(workers), .standard = "0",
     .max = SETTINGS_WORKERS_MAX, .restart = true},
    {SCHEMA_TOP, "busy_poll", SCHEMA_DURATION, IN(busy_poll_ns), .standard = "0", .max = NS_PER_S},
    {SCHEMA_TOP, "buffer", SCHEMA_SIZE, IN(buffer),
     .standard = "64KiB", .min = 4 << 10, .max = 16 << 20},
    {SCHEMA_TOP, "user", SCHEMA_STRING, IN(user),
     .standard = "", .max = 255, .later = "", .restart = true},
    {SCHEMA_TOP, "group", SCHEMA_STRING, IN(group),
     .standard = "", .max = 255, .later = "", .restart = true},
    {SCHEMA_TOP, "allow_root", SCHEMA_FLAG, IN(allow_root), .standard = "false"},
    {SCHEMA_TOP, "sandbox", SCHEMA_CHOICE, IN(sandbox),
     .standard = "auto", .choices = sandbox_names, .later = "required", .restart = true},

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
     .standard = "stderr", .choices = log_target_names, .restart = true},
    {SCHEMA_LOG, "level", SCHEMA_CHOICE, IN(log.level),
     .standard = "notice", .choices = log_level_names},
    {SCHEMA_LOG, "format", SCHEMA_CHOICE, IN(log.format),
     .standard = "text", .choices = log_format_names, .restart = true},
    {SCHEMA_LOG, "facility", SCHEMA_FACILITY, IN(log.facility),
     .standard = "daemon", .choices = log_facility_names, .restart = true},
};
/* clang-format on */

const struct schema settings_schema = {rows, sizeof rows / sizeof rows[0]};

_Static_assert(sizeof rows / sizeof rows[0] <= SCHEMA_MAX, "SCHEMA_MAX is too small");

void settings_release_listener(struct settings_listener *listener)
{
    for (size_t i = 0; i < settings_schema.count; i++)
        if (rows[i].group == SCHEMA_LISTENER)
            schema_clear(&rows[i], listener);
}

void settings_release_listeners(struct settings *settings)
{
    for (size_t i = 0; i < settings->listener_count; i++)
        settings_release_listener(&settings->listeners[i]);
    free(settings->listeners);
    settings->listeners = NULL;
    settings->listener_count = 0;
}

void settings_release(struct settings *settings)
{
    settings_release_listeners(settings);
    for (size_t i = 0; i < settings_schema.count; i++)
        if (rows[i].group != SCHEMA_LISTENER)
            schema_clear(&rows[i], settings);
    memset(settings, 0, sizeof *settings);
}

int settings_copy_listener(struct settings_listener *copy, const struct settings_listener *listener,
                           struct reason *why)
{
    int status = 0;

    *copy = *listener;
    for (size_t i = 0; i < settings_schema.count; i++)
        if (rows[i].group == SCHEMA_LISTENER && schema_unshare(&rows[i], copy, why) < 0)
            status = -1;
    if (status < 0)
        settings_release_listener(copy);
    return status;
}

/* The first setting that differs and whose change needs a restart. */
static const struct schema_setting *find_fixed(bool of_listener, const void *old, const void *new)
{
    for (size_t i = 0; i < settings_schema.count; i++)
        if (rows[i].restart && (rows[i].group == SCHEMA_LISTENER) == of_listener &&
            !schema_equal(&rows[i], old, new))
            return &rows[i];
    return NULL;
}

int settings_check_change(const struct settings *old, const struct settings *new,
                          struct reason *why)
{
    const struct schema_setting *fixed = find_fixed(false, old, new);
    char name[64];

    return fixed ? reason_set(why, REASON_USAGE, 0, "a change of %s needs a restart",
                              schema_full_name(fixed, name, sizeof name))
                 : 0;
}

int settings_check_listener_change(const struct settings_listener *old,
                                   const struct settings_listener *new, struct reason *why)
{
    const struct schema_setting *fixed = find_fixed(true, old, new);
    char text[ENDPOINT_TEXT_SIZE];

    return fixed ? reason_set(why, REASON_USAGE, 0,
                              "%s: another %s of a listener that is open needs a restart",
                              endpoint_format(&old->endpoint, text, sizeof text), fixed->name)
                 : 0;
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
    const struct schema_setting *endpoint_setting =
        schema_find(&settings_schema, SCHEMA_LISTENER, "endpoint");
    const struct schema_setting *mode_setting =
        schema_find(&settings_schema, SCHEMA_LISTENER, "mode");
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

        if (schema_assign_defaults(&settings_schema, SCHEMA_LISTENER, listener, why) < 0 ||
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
        if (group != SCHEMA_LISTENER &&
            schema_assign_defaults(&settings_schema, group, settings, why) < 0)
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

    for (size_t i = 0; i < settings_schema.count; i++)
        if (rows[i].group != SCHEMA_LISTENER &&
            strcmp(schema_full_name(&rows[i], full, sizeof full), name) == 0)
            return schema_assign_option(&rows[i], settings, text, why);
    return reason_set(why, REASON_USAGE, 0, "no setting is called %s", name);
}
