/* SPDX-License-Identifier: ISC */
/* What -v and -x show on standard error. */
#ifndef CLIENT_TRACE_H
#define CLIENT_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace {
    bool steps; /* -v: each step with its system call */
    bool bytes; /* -x: what goes out and comes back, in hex */
};

/* One step, "* connect: connect(3, 127.0.0.1:7) = 0"; nothing without -v. */
void trace_step(const struct trace *trace, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Bytes of a stream from offset on, direction '>' (sent) or '<' (received); nothing without -x. */
void trace_bytes(const struct trace *trace, char direction, uint64_t offset, const void *bytes,
                 size_t length);

#endif
