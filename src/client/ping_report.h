/* SPDX-License-Identifier: ISC */
/* What --ping prints: a line for each answer and each mishap, and the statistics. */
#ifndef CLIENT_PING_REPORT_H
#define CLIENT_PING_REPORT_H

#include "client/request.h"
#include "measure/histogram.h"

#include <stdbool.h>
#include <stdint.h>

struct ping_counts {
    uint64_t sent;
    uint64_t echoed; /* in time */
    uint64_t late;   /* came back after the reply timeout */
    uint64_t corrupt;
    uint64_t waiting; /* sent, neither answered nor overdue */
    uint64_t extra;   /* bytes that came back beyond those sent */
    uint64_t broken;  /* connections that the peer ended */
};

struct ping_report {
    const struct request *request;
    struct ping_counts counts;
    struct histogram rtt;     /* of the answers in time */
    struct histogram connect; /* of every connection made */
    uint64_t start_ns;
    bool signalled; /* the next statistics were asked for by a key */
    int failed;     /* errno of a failed write to standard output, or 0 */
};

void ping_report_init(struct ping_report *report, const struct request *request);

/* "ECHO unix:/tmp/echo.sock 56 bytes" */
void ping_report_start(struct ping_report *report);

/* An answer; connect_ns only with --reconnect. */
void ping_report_echo(struct ping_report *report, uint64_t seq, uint64_t time_ns,
                      uint64_t connect_ns, bool late);

/* The answer to a ping is not there when the next goes out (-O). */
void ping_report_outstanding(struct ping_report *report, uint64_t seq);

/* A ping that failed; seq 0: it belongs to none. */
void ping_report_failure(struct ping_report *report, uint64_t seq, const struct reason *why);

/* The peer has ended the connection; counts it. */
void ping_report_broken(struct ping_report *report, const struct reason *why);

/* The statistics so far. */
void ping_report_statistics(struct ping_report *report);

/* Sent, and neither echoed, late, corrupt nor still awaited. */
uint64_t ping_report_lost(const struct ping_report *report);

#endif
