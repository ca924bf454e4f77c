/* SPDX-License-Identifier: ISC */
/* Why something failed: a stable word for programs, an errno value, a sentence for people. */
#ifndef BASE_REASON_H
#define BASE_REASON_H

#include "base/exit_status.h"

#include <stdbool.h>

#define MUST_CHECK __attribute__((warn_unused_result))

/* The words of the users' contract; they appear in text, in JSON and choose the exit status. */
enum reason_word {
    REASON_NONE,
    REASON_USAGE,
    REASON_TOOLONG,
    REASON_NOFILE,
    REASON_OTHER,
    REASON_DNS,
    REASON_SERVICE,
    REASON_REFUSED,
    REASON_UNREACHABLE,
    REASON_PERM,
    REASON_NOENT,
    REASON_SELF,
    REASON_TIMEOUT,
    REASON_STALLED,
    REASON_CORRUPT,
    REASON_EXTRA,
    REASON_FOREIGN,
    REASON_EOF,
    REASON_TRUNCATED,
    REASON_RESET,
    REASON_WORDS
};

struct reason {
    enum reason_word word;
    int code;     /* errno, or 0 */
    bool advised; /* the sentence says what to do */
    char text[480];
};

/* Fills *why (which may be NULL) and returns -1, so that "return reason_set(...)" reads as failure.
 * The text is cut at the size of the field. */
int reason_set(struct reason *why, enum reason_word word, int code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same, with the word that belongs to an errno value and ": " strerror(code) appended. */
int reason_errno(struct reason *why, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends to the sentence what to do, unless it says so already. */
void reason_advise(struct reason *why, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The word for an errno value of a socket call; REASON_OTHER for the unknown. */
enum reason_word reason_from_errno(int code);

/* The upper-case word, "REFUSED"; never NULL. */
const char *reason_name(enum reason_word word);

/* The exit status of a word. TIMEOUT and RESET mean EXIT_CONNECT until the connection stands
 * (connected = false). */
enum exit_status reason_exit_status(enum reason_word word, bool connected);

#endif
