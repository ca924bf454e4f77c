/* SPDX-License-Identifier: ISC */
/* What the settings file said, checked: plain data. */
#ifndef SETTINGS_SETTINGS_H
#define SETTINGS_SETTINGS_H

#include "base/log.h"
#include "base/reason.h"
#include "server/settings/schema.h"
#include "transport/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { SETTINGS_WORKERS_MAX = 64, SETTINGS_LISTENERS_MAX = 256 };

/* What a listener serves. */
enum settings_service { SETTINGS_ECHO, SETTINGS_INFO, SETTINGS_SERVICES };

struct settings_listener {
    struct endpoint endpoint;
    char *name; /* never NULL: the endpoint's canonical text by default */
    unsigned backlog;
    mode_t mode;
    char *owner, *group; /* "" = leave */
    struct schema_strings allow_users, allow_groups, allow, deny;
    bool nodelay, keepalive, optional;
    enum settings_service service;
};

enum settings_on_full { SETTINGS_PAUSE, SETTINGS_CLOSE };
enum settings_sandbox { SETTINGS_SANDBOX_AUTO, SETTINGS_SANDBOX_OFF, SETTINGS_SANDBOX_REQUIRED };

struct settings {
    struct settings_listener *listeners;
    size_t listener_count;

    unsigned workers; /* 0 = one per CPU, at most 4 */
    uint64_t busy_poll_ns;
    size_t buffer;
    char *server_name; /* "" = the host's */

    struct {
        unsigned connections, per_source, per_user, accept_rate; /* 0 = none */
        uint64_t idle_ns, write_ns, lifetime_ns;                 /* 0 = never */
        enum settings_on_full on_full;
    } limits;

    struct {
        uint64_t grace_ns, linger_ns;
    } shutdown;

    struct {
        enum log_target target;
        enum log_level level;
        enum log_format format;
        int facility; /* LOG_DAEMON ... as log.h names them */
    } log;

    char *user, *group;
    bool allow_root;
    enum settings_sandbox sandbox;
};

/* The one table of them. */
extern const struct schema settings_schema;

/* The built-in defaults, listeners included. The caller releases. */
int settings_defaults(struct settings *settings, struct reason *why) MUST_CHECK;

/* Receives each error of a file, "FILE:LINE: message (did you mean ...?)". */
typedef void settings_complain(void *context, const char *sentence);

/* Replaces the listeners by those of a command line, if it has any; mode NULL leaves the default.
 */
int settings_set_endpoints(struct settings *settings, char *const *endpoints, size_t count,
                           const char *mode, struct reason *why) MUST_CHECK;

/* What can be said of a listener only when all of its settings are known: gives it its name, and
 * refuses one that is the same as an earlier one. */
int settings_complete_listener(const struct settings *settings, size_t index,
                               struct reason *why) MUST_CHECK;

/* Changes one setting that is not of a listener, as a file would write it without quotes, but a
 * duration without a unit is seconds:
 * settings_set(&settings, "log.level", "info", &why). On failure the old value stays; the sentence
 * does not name the setting. */
int settings_set(struct settings *settings, const char *name, const char *text,
                 struct reason *why) MUST_CHECK;

/* Whether a reload may go from the old ones to the new: a change of some settings needs a restart.
 * Listeners apart. */
int settings_check_change(const struct settings *old, const struct settings *new,
                          struct reason *why) MUST_CHECK;

/* The same for a listener that is open. */
int settings_check_listener_change(const struct settings_listener *old,
                                   const struct settings_listener *new,
                                   struct reason *why) MUST_CHECK;

/* On failure there is nothing to release. */
int settings_copy_listener(struct settings_listener *copy, const struct settings_listener *listener,
                           struct reason *why) MUST_CHECK;

void settings_release(struct settings *settings);
void settings_release_listeners(struct settings *settings);
void settings_release_listener(struct settings_listener *listener);

#endif
