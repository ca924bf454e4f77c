/* SPDX-License-Identifier: ISC */
/* Makes settings of the text of a file. The only user of libconfig. */
#ifndef SETTINGS_READ_H
#define SETTINGS_READ_H

#include "server/settings/settings.h"

/* Checks the text of a file and fills *settings from it, over the built-in defaults; a list of
 * listeners replaces the built-in ones. All errors are reported in one run, but one that hides the
 * structure (a syntax error, an open string or comment) alone. Returns 0, or -1 and *settings
 * released. Relative socket paths become absolute. path is for the sentences only. schema is
 * settings_schema, or a table like it. */
int read_settings(const struct schema *schema, struct settings *settings, const char *path,
                  const char *text, settings_complain *complain, void *context) MUST_CHECK;

#endif
