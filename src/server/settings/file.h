/* SPDX-License-Identifier: ISC */
/* The text of a settings file, from the file system. */
#ifndef SETTINGS_FILE_H
#define SETTINGS_FILE_H

#include "base/reason.h"

/* Reads a whole file into memory: a regular file of at most 1 MiB without NUL bytes, opened without
 * ever blocking on a FIFO or a device; as root none that everybody may write. *text is the caller's
 * to free. */
int file_read(const char *path, char **text, struct reason *why) MUST_CHECK;

#endif
