/* SPDX-License-Identifier: ISC */
/* The text of a settings file before libconfig sees it. */
#ifndef SETTINGS_SCAN_H
#define SETTINGS_SCAN_H

#include "base/reason.h"

/* Begins the string that a bare number becomes; no string of a file can hold it. */
#define SCAN_NUMBER_MARK '\x01'

/* Copies the text for config_read_string(3), line for line. libconfig 1.5 cuts numbers to 32 bits
 * and takes 010 for 10 without a word, so each bare number becomes a string, the mark and then the
 * digits as written, and is read by text.h. Comments are left out. Refused, with *line and a
 * sentence: @include, a string or comment that does not end, control bytes, escapes other than \\
 * \" \xNN, a word that is no value, and more words than libconfig can take in a second.
 * *prepared is the caller's to free. */
int scan_prepare(const char *text, char **prepared, unsigned *line, struct reason *why) MUST_CHECK;

#endif
