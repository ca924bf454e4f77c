/* SPDX-License-Identifier: ISC */
/* What a table of settings says: names, types, ranges, defaults and where each value lives. The
 * reader of files, the defaults, the command line, the dump and the tests all walk such a table. */
#ifndef SETTINGS_SCHEMA_H
#define SETTINGS_SCHEMA_H

#include "base/reason.h"
#include "transport/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum schema_group {
    SCHEMA_TOP,
    SCHEMA_LISTENER, /* offsets are into struct settings_listener, else into struct settings */
    SCHEMA_LIMITS,
    SCHEMA_SHUTDOWN,
    SCHEMA_LOG,
    SCHEMA_GROUPS
};

enum schema_kind {
    SCHEMA_NUMBER,   /* unsigned; a bare number */
    SCHEMA_SIZE,     /* size_t; "64KiB" */
    SCHEMA_DURATION, /* uint64_t, ns; "30s" */
    SCHEMA_FLAG,     /* bool; true, false */
    SCHEMA_CHOICE,   /* an enum; one of choices, by index */
    SCHEMA_FACILITY, /* int; one of log_facility_names */
    SCHEMA_MODE,     /* mode_t; "0660" */
    SCHEMA_STRING,   /* char *, never NULL; min and max are its length */
    SCHEMA_STRINGS,  /* struct schema_strings; min and max are the length of each */
    SCHEMA_ENDPOINT  /* struct endpoint */
};

/* A list; all zero: the empty one. */
struct schema_strings {
    char **items;
    size_t count;
};

struct schema_setting {
    enum schema_group group;
    const char *name;
    enum schema_kind kind;
    size_t offset;
    const char *standard; /* the default as text; NULL: none (endpoint) or derived (name) */
    uint64_t min, max;
    const char *const *choices;
    unsigned needs;    /* traits that the endpoint of a listener must have; 0: every one has it */
    const char *later; /* the value that is "not in this version"; "" = all but the default */
    bool restart;      /* a change needs a restart: a reload refuses it */
};

/* At most so many settings. */
enum { SCHEMA_MAX = 128 };

struct schema {
    const struct schema_setting *settings;
    size_t count;
};

/* "listeners[]", "limits"; "" for the top. */
extern const char *const schema_group_names[SCHEMA_GROUPS];

/* NULL when the group has no setting of that name. */
const struct schema_setting *schema_find(const struct schema *schema, enum schema_group group,
                                         const char *name);

/* "limits.connections"; returns text. */
const char *schema_full_name(const struct schema_setting *setting, char *text, size_t size);

/* The setting or group that an unknown name of the group may stand for, by its full name: the same
 * name in other letters or in another group, else one spelt much like it. NULL when there is none.
 */
const char *schema_suggest(const struct schema *schema, enum schema_group group, const char *name,
                           char *text, size_t size);

/* Checks a value given as text and stores it in base, the struct that offset is into; a list
 * gets one more string. On failure the old value stays. A string's old value is freed. */
int schema_assign(const struct schema_setting *setting, void *base, const char *text,
                  struct reason *why) MUST_CHECK;

/* The same for a value of the command line, where a duration without a unit is seconds. */
int schema_assign_option(const struct schema_setting *setting, void *base, const char *text,
                         struct reason *why) MUST_CHECK;

/* Frees what the setting has in base: a string is NULL then, a list is empty. */
void schema_clear(const struct schema_setting *setting, void *base);

/* Gives base, a copy of another struct, a string or list of its own; on failure it has none. */
int schema_unshare(const struct schema_setting *setting, void *base, struct reason *why) MUST_CHECK;

/* Whether the setting has the same value in both. */
bool schema_equal(const struct schema_setting *setting, const void *one, const void *other);

/* Whether the setting means something to a listener of this endpoint. */
bool schema_applies(const struct schema_setting *setting, const struct endpoint *endpoint);

/* Gives every setting of the group its default. */
int schema_assign_defaults(const struct schema *schema, enum schema_group group, void *base,
                           struct reason *why) MUST_CHECK;

#endif
