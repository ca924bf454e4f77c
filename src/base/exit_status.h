/* SPDX-License-Identifier: ISC */
/* What the programs exit with: a part of the contract with users. */
#ifndef BASE_EXIT_STATUS_H
#define BASE_EXIT_STATUS_H

enum exit_status {
    EXIT_EXACT = 0,   /* every byte came back as sent */
    EXIT_MISSING = 1, /* answers are missing or late */
    EXIT_LOCAL = 2,   /* usage, configuration or local error */
    EXIT_CONNECT = 3, /* cannot resolve or connect */
    EXIT_DIFFERS = 4, /* other bytes, or more, came back */
    EXIT_ENDED = 5,   /* the stream ended early */
    EXIT_GOAL = 6     /* a required goal was not met */
};

/* Of two exit statuses of one run the one that counts: the first of 2, 4, 5, 3, 1, 6 that occurs.
 */
enum exit_status exit_status_worse(enum exit_status a, enum exit_status b);

#endif
