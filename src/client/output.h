/* SPDX-License-Identifier: ISC */
/* Standard output: the echo for people and pipes, or JSON. A failure to write is OTHER. */
#ifndef CLIENT_OUTPUT_H
#define CLIENT_OUTPUT_H

#include "base/reason.h"
#include "client/connect.h"
#include "client/exchange.h"
#include "client/request.h"
#include "measure/report.h"
#include "measure/terminal.h"

#include <stddef.h>

/* For output_bytes: escapes what is not printable when standard output is a terminal. */
void output_begin_bytes(struct terminal *terminal);

/* Writes bytes of the peer and flushes, so that nothing waits in our buffers. */
int output_bytes(struct terminal *terminal, const void *bytes, size_t length,
                 struct reason *why) MUST_CHECK;

/* Writes what terminal still holds back, and flushes. */
int output_flush(struct terminal *terminal, struct reason *why) MUST_CHECK;

/* Text of our own; output_line writes it. */
void output_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* After a line: flushes standard output. */
int output_line(struct reason *why) MUST_CHECK;

/* Begins an object: {"type": type ... */
void output_begin(struct report *report, const char *type);
/* Ends it and prints the line. */
int output_print(struct report *report, struct reason *why) MUST_CHECK;

/* {"type": "received", "offset", "length", "bytes"}: bytes of the peer, in JSON. */
int output_received(uint64_t offset, const void *bytes, size_t length,
                    struct reason *why) MUST_CHECK;

/* {"type": "result"}: how the exchange of a whole run went, in JSON. */
int output_result(const struct request *request, const struct connect_result *connected,
                  const struct exchange *exchange, uint64_t duration_ns,
                  struct reason *why) MUST_CHECK;

#endif
