/* SPDX-License-Identifier: ISC */
/* What the tests of the settings share: a text in, the dump or the sentences out. */
#ifndef TESTS_LIB_SETTINGS_H
#define TESTS_LIB_SETTINGS_H

#include "lib/testing.h"
#include "server/settings/dump.h"
#include "server/settings/file.h"
#include "server/settings/read.h"

/* The sentences of one run, one a line, without "FILE:". */
struct complaints {
    size_t count;
    char text[16384];
};

/* What all of this goes by: settings_schema, unless a test has put another in its place. */
extern const struct schema *test_schema;

/* The settings as text. The caller frees. */
char *settings_dump_text(const struct settings *settings);

/* The dump of what the text says; NULL when it is refused, with the sentences. The caller frees. */
char *settings_dump_of(const char *text, struct complaints *complaints);

/* Reading a dump gives the same dump. */
void assert_dump_is_stable(const char *dumped);

/* The text is refused with one sentence that holds this. */
void assert_settings_say(const char *text, const char *expected);

/* A path of the source tree, and a file of it as file_read gives it. */
const char *source_path(const char *name);
char *source_read(const char *name);

#endif
