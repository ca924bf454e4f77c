/* SPDX-License-Identifier: ISC */
/*
 * A file that is written whole or not at all. What is printed waits in memory; at the end it goes
 * into a temporary file in the same directory, which then takes the name. Where that is impossible
 * it is written in place: devices, pipes, the file that standard output goes into, and a file in a
 * directory that cannot be changed.
 */
#ifndef BENCH_WHOLE_FILE_H
#define BENCH_WHOLE_FILE_H

#include "base/reason.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct whole_file {
    const char *path; /* as the user wrote it */
    char *target;     /* the file that is meant, an absolute path; NULL: not a regular one */
    int fd;           /* to write to; 0: the target is to be replaced */
    FILE *stream;     /* in memory: print here; NULL when it is not open */
    char *bytes;
    size_t length;
};

/* Finds out whether the file can be written, and changes nothing. The path must outlive it. */
int whole_file_open(struct whole_file *file, const char *path, struct reason *why) MUST_CHECK;

/* Whether both would replace the same file. */
bool whole_file_same(const struct whole_file *one, const struct whole_file *other);

/* Writes what was printed, if anything was, and closes. On failure a file that could be
 * replaced is as before. Fine on a file that is not open. */
int whole_file_commit(struct whole_file *file, struct reason *why) MUST_CHECK;

#endif
