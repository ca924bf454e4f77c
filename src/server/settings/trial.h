/* SPDX-License-Identifier: ISC */
/* The settings file tried: read again, checked, and its names looked up. What is found is told in
 * records, so that another process can try it (child.h). */
#ifndef SETTINGS_TRIAL_H
#define SETTINGS_TRIAL_H

#include "server/settings/names.h"
#include "server/settings/settings.h"

#include <stdbool.h>
#include <stddef.h>

/* What was found for one listener of the file. */
struct trial_listener {
    size_t index;      /* in the settings */
    bool kept;         /* open already: not looked up */
    struct reason why; /* the failure, when there are no addresses */
    struct names names;
};

enum trial_kind { TRIAL_COMPLAINT, TRIAL_TEXT, TRIAL_LOADED, TRIAL_LISTENER };

/* Plain data. */
struct trial_record {
    enum trial_kind kind;
    union {
        char sentence[4800]; /* or a part of the file's text */
        struct trial_listener listener;
    } content;
};

/* Where the settings come from. */
struct trial_source {
    /* Reads the file again: *text is the caller's to free, NULL when there is none. May block as
     * file systems do. */
    int (*reread)(void *context, char **text, struct reason *why);
    /* Makes the effective settings (the text of the file, then the command line). Run again at
     * every reload, first in a child process. Each error goes to complain. 0, or -1 with *settings
     * released. */
    int (*load)(void *context, const char *text, struct settings *settings,
                settings_complain *complain, void *complain_context);
    void *context; /* of both */
};

struct trial_options {
    const struct trial_source *source;
    /* Whether the names of a listener are known because it is open already. */
    bool (*keeps)(const void *context, const struct settings_listener *settings);
    const void *keeps_context;
};

/* Tries the file; tell receives each record. 0 when it is good, else -1, mostly after a complaint.
 * Blocks as file systems and name services do. Neither logs nor uses stdio's files. */
int trial_run(const struct trial_options *options,
              void (*tell)(void *context, const struct trial_record *record),
              void *context) MUST_CHECK;

/* What the records told. Begins as {.complain = ...}. */
struct trial {
    settings_complain *complain;
    void *complain_context;
    bool loaded; /* the file is good, its names are being looked up */
    bool torn;   /* no memory for all of the text */
    char *text;  /* of the file, as it was tried; NULL: there is none */
    size_t length;
    struct trial_listener *listeners;
    size_t count;
};

/* Keeps what a record tells, but passes complaints on. */
void trial_take(struct trial *trial, const struct trial_record *record);

/* What was found for the listener with this index; NULL: nothing. */
const struct trial_listener *trial_find(const struct trial *trial, size_t index);

/* Frees what was told. */
void trial_release(struct trial *trial);

#endif
