/* SPDX-License-Identifier: ISC */
/* What one thread, one interval or one whole run has counted. Tallies add up without loss. */
#ifndef ENGINE_TALLY_H
#define ENGINE_TALLY_H

#include "base/reason.h"
#include "measure/histogram.h"
#include "measure/verdict.h"

#include <stdint.h>

struct tally {
    uint64_t messages;       /* all bytes back and equal; due or sent within the measured time */
    uint64_t in_time;        /* messages completed in the measured time; open loop: and due in it */
    uint64_t carried;        /* open loop: completed in it and due before */
    uint64_t bytes_sent;     /* of what was due in the measured time */
    uint64_t bytes_received; /* of the same, equal where they were compared; whenever they came */
    uint64_t bytes_in_time;  /* received in the measured time, whatever they belong to */
    uint64_t lost;           /* messages in flight on connections that failed */
    uint64_t unsent;         /* open loop: due, but not sent when the run was given up */
    uint64_t connects;
    uint64_t fallbacks; /* of them by another protocol than that of the endpoint */
    uint64_t connect_errors[REASON_WORDS]; /* before the connection stood */
    uint64_t errors[REASON_WORDS];         /* after; each failed connection counts once */
    uint64_t no_port;                      /* EADDRNOTAVAIL: our ports ran out, not the server */
    uint64_t no_descriptor;                /* EMFILE, ENFILE: our limit, not the server's */
    uint64_t compared_bytes;
    uint64_t compare_samples, compare_sample_bytes, compare_sample_ns;
    struct verdict verdict; /* the first difference; word NONE: there was none */
    uint64_t verdict_connection;
    struct histogram latency; /* open loop: from the intended time; closed: from the send */
    struct histogram service; /* open loop: from the actual send */
    struct histogram slip;    /* open loop: how late the generator itself sent */
    struct histogram connect;
};

/* On the heap (about 1 MiB); NULL when there is no memory. */
struct tally *tally_create(void);
void tally_destroy(struct tally *tally);
void tally_reset(struct tally *tally);
void tally_merge(struct tally *into, const struct tally *from);

/* Only what went wrong: the words, the limits of this machine, the first difference. */
void tally_merge_errors(struct tally *into, const struct tally *from);

/* All errors: of connecting and of connections. The client's own limits are not among them. */
uint64_t tally_errors(const struct tally *tally);

/* What the counts mean for the exit status: the first of 4, 5, 3, 1 that applies, then 2 when a
 * limit of this machine cut the run short, then 1 when messages are missing without an error. */
enum exit_status tally_status(const struct tally *tally);

#endif
