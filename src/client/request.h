/* SPDX-License-Identifier: ISC */
/* What the command line asked for, checked: plain data that every mode reads and none changes. */
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include "base/options.h"
#include "base/reason.h"
#include "client/trace.h"
#include "transport/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum request_mode {
    REQUEST_MESSAGE,
    REQUEST_COPY,
    REQUEST_VERIFY,
    REQUEST_PING,
    REQUEST_SELFTEST,
    REQUEST_CHECK,
    REQUEST_RESOLVE,
    REQUEST_SERVICES,
    REQUEST_HELP,
    REQUEST_VERSION
};

struct request {
    enum request_mode mode;
    struct endpoint endpoint;
    char name[ENDPOINT_TEXT_SIZE]; /* the endpoint's canonical text; "" with --services */
    char *const *operands;         /* the messages, or what --services looks up */
    size_t operand_count;

    bool newline; /* MESSAGE: after each echo */
    bool compare; /* not --no-verify */
    bool json, quiet, timestamps, outstanding, reconnect, busy_poll;
    struct trace trace;

    uint64_t connect_timeout_ns, timeout_ns; /* 0 = never */
    uint64_t wait_until_ns;                  /* --wait: CLOCK_MONOTONIC; 0 = one try */

    uint64_t count; /* --ping; 0 = until interrupted */
    uint64_t interval_ns, reply_timeout_ns;
    uint64_t end_ns; /* --ping -w: CLOCK_MONOTONIC; 0 = never */
    uint64_t size;   /* --ping, --verify */
    uint64_t seed;
    uint64_t warn_ns, crit_ns; /* 0 = no such threshold */
    uint64_t silence_ns;

    unsigned long long given; /* which rows of request_options stood on the command line */
};

/* The one table of options: the command line, --help, the manual and the completions follow it. */
extern const struct options_row request_options[];

/* The defaults, before the first option. */
void request_init(struct request *request);

/* The effect of one option on a struct request, for options_read. */
int request_option(void *request, const struct options_row *row, const char *argument,
                   struct reason *why) MUST_CHECK;

/* After the last option: the operands, the mode that follows from them, and what does not go
 * together. The operands stay the caller's. */
int request_finish(struct request *request, char *const *operands, size_t count,
                   struct reason *why) MUST_CHECK;

/* After a failure to connect: adds what a person who forgot the port, or the endpoint, wants to
 * know. */
void request_hint(const struct request *request, struct reason *why);

/* The mode's name in JSON: "message", "copy", "verify" ... */
const char *request_mode_name(enum request_mode mode);

#endif
