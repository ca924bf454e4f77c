/* SPDX-License-Identifier: ISC */
/* Text into numbers and bytes into printable text: the one strict parser that the command lines,
 * the settings file and the endpoints share. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/reason.h"

#include <stddef.h>
#include <stdint.h>

/* Decimal digits and nothing else: no sign, space, leading zero, 0x or exponent; min <= value <=
 * max. On failure *value is untouched and the sentence (word USAGE) quotes the text. */
int text_number(const char *text, uint64_t min, uint64_t max, uint64_t *value,
                struct reason *why) MUST_CHECK;

/* The same for a mode as chmod(1) takes it: octal digits, "0" to "7777". */
int text_octal(const char *text, uint64_t max, uint64_t *value, struct reason *why) MUST_CHECK;

/* Bytes: "512", "64KiB", "1MB", "1G" (B kB KB MB GB TB are powers of 1000, KiB MiB GiB TiB of 1024
 * and so are K M G T, as for dd(1)). */
int text_size(const char *text, uint64_t min, uint64_t max, uint64_t *bytes,
              struct reason *why) MUST_CHECK;

/* A rate per second: "500", "10k", "2M" (powers of 1000). */
int text_rate(const char *text, uint64_t min, uint64_t max, uint64_t *rate,
              struct reason *why) MUST_CHECK;

enum text_unit {
    TEXT_UNIT_REQUIRED, /* settings file: "500ms", only "0" may stand alone */
    TEXT_UNIT_SECONDS   /* command line: a bare number is seconds, as in ping(8) */
};

/* A duration into nanoseconds: "500ms", "1.5s", ".2", "50us", "5m", "2h", "1d"; units ns us ms s m
 * h d; at most nine decimals. min and max are nanoseconds. */
int text_duration(const char *text, enum text_unit unit, uint64_t min_ns, uint64_t max_ns,
                  uint64_t *duration_ns, struct reason *why) MUST_CHECK;

/* The shortest text that text_size and text_duration read back as the same value. Return text. */
const char *text_format_size(uint64_t bytes, char *text, size_t size);
const char *text_format_duration(uint64_t duration_ns, char *text, size_t size);

/* Copies bytes as printable ASCII: everything outside 0x20..0x7e and the backslash become \xNN and
 * \\. Always terminates the text; cuts between two escapes, never inside one. Returns the length of
 * the text. */
size_t text_escape(char *text, size_t size, const void *bytes, size_t length);

/* The word as sh(1) takes it: as it is, or in single quotes. Cut when it does not fit: 4 bytes for
 * each of the word and 3 more always do. Returns text. */
const char *text_quote_word(char *text, size_t size, const char *word);

/* The candidate nearest to a misspelt word, for "did you mean"; NULL when none is near. The list
 * ends with NULL. */
const char *text_nearest(const char *word, const char *const *candidates);

#endif
