/* SPDX-License-Identifier: ISC */
/* What the settings file said, checked: plain data. The only user of libconfig. */
#ifndef SETTINGS_SETTINGS_H
#define SETTINGS_SETTINGS_H

#include "base/log.h"
#include "base/reason.h"
#include "transport/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define SETTINGS_WORKERS_MAX 64

struct settings_listener {
    struct endpoint endpoint;
    char *name; /* never NULL: the endpoint's canonical text by default */
    unsigned backlog;
    mode_t mode;
    char *owner, *group; /* "" = leave */
    bool nodelay, keepalive, optional;
};

enum settings_on_full { SETTINGS_PAUSE, SETTINGS_CLOSE };
enum settings_sandbox { SETTINGS_SANDBOX_AUTO, SETTINGS_SANDBOX_OFF, SETTINGS_SANDBOX_REQUIRED };

struct settings {
    struct settings_listener *listeners;
    size_t listener_count;

    unsigned workers; /* 0 = one per CPU, at most 4 */
    uint64_t busy_poll_ns;
    size_t buffer;

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

/* The built-in defaults, listeners included. The caller releases. */
int settings_defaults(struct settings *settings, struct reason *why) MUST_CHECK;

/* Reads a whole file into memory: a regular file of at most 1 MiB without NUL bytes, opened without
 * ever blocking on a FIFO or a device; as root none that everybody may write. *text is the caller's
 * to free. */
int settings_read(const char *path, char **text, struct reason *why) MUST_CHECK;

/* Receives each error of a file, "FILE:LINE: message (did you mean ...?)". */
typedef void settings_complain(void *context, const char *sentence);

/* Reads the file again, for a reload: *text is the caller's to free, NULL when there is none. May
 * block as file systems do. */
typedef int settings_reread(void *context, char **text, struct reason *why);

/* Makes the effective settings (the text of the file, then the command line). Run again at every
 * reload, first in a child process. Each error goes to complain. 0, or -1 with *settings released.
 */
typedef int settings_load(void *context, const char *text, struct settings *settings,
                          settings_complain *complain, void *complain_context);

/* Checks the text of a file and fills *settings from it, over the built-in defaults; a list of
 * listeners replaces the built-in ones. All errors are reported in one run, but one that hides the
 * structure (a syntax error, an open string or comment) alone. Returns 0, or -1 and *settings
 * released. Relative socket paths become absolute. path is for the sentences only. */
int settings_parse(struct settings *settings, const char *path, const char *text,
                   settings_complain *complain, void *context) MUST_CHECK;

/* Replaces the listeners by those of a command line, if it has any; mode NULL leaves the default.
 */
int settings_set_endpoints(struct settings *settings, char *const *endpoints, size_t count,
                           const char *mode, struct reason *why) MUST_CHECK;

/* Changes one setting that is not of a listener, as a file would write it without quotes, but a
 * duration without a unit is seconds:
 * settings_set(&settings, "log.level", "info", &why). On failure the old value stays; the sentence
 * does not name the setting. */
int settings_set(struct settings *settings, const char *name, const char *text,
                 struct reason *why) MUST_CHECK;

/* The effective settings as a settings file; reading that gives the same settings. */
void settings_dump(const struct settings *settings, FILE *out);

void settings_release(struct settings *settings);

#endif
