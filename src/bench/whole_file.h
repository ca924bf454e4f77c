/* SPDX-License-Identifier: ISC */
/*
 * A file that is written whole or not at all. What is printed waits in memory; at the end it goes
 * into a temporary file in the same directory, which then takes the name. Devices, pipes and the
 * like are written directly.
 */
#ifndef BENCH_WHOLE_FILE_H
#define BENCH_WHOLE_FILE_H

#include "base/reason.h"

#include <stddef.h>
#include <stdio.h>

struct whole_file {
    const char *path; /* as the user wrote it */
    char *target;     /* what is to be replaced, an absolute path; NULL: written directly */
    FILE *stream;     /* print here; NULL when it is not open */
    char *bytes;
    size_t length;
};

/* Finds out whether the file can be written, and changes nothing. The path must outlive it. */
int whole_file_open(struct whole_file *file, const char *path, struct reason *why) MUST_CHECK;

/* Whether both would replace the same file. */
int whole_file_same(const struct whole_file *one, const struct whole_file *other);

/* Writes what was printed, if anything was, and closes. On failure a file that was there is as
 * before. Fine on a file that is not open. */
int whole_file_commit(struct whole_file *file, struct reason *why) MUST_CHECK;

#endif
