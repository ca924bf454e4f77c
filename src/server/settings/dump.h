/* SPDX-License-Identifier: ISC */
/* Makes the text of a file of settings. */
#ifndef SETTINGS_DUMP_H
#define SETTINGS_DUMP_H

#include "server/settings/settings.h"

#include <stdio.h>

/* The effective settings as a settings file; reading that gives the same settings.
 * schema is settings_schema, or a table like it. */
void dump_settings(const struct schema *schema, const struct settings *settings, FILE *out);

#endif
