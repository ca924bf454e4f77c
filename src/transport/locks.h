/* SPDX-License-Identifier: ISC */
/* Two servers that start on one Unix path take turns by a lock (flock(2)) on its directory, which
 * leaves no file behind and ends with its holder. It is held from the first look at a path until
 * its listen(2) has returned: one for each directory, for all sockets in it. */
#ifndef TRANSPORT_LOCKS_H
#define TRANSPORT_LOCKS_H

#include "transport/endpoint.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* How long another process may hold a directory before its paths count as not to be had, and how
 * often to try until then. */
#define LOCKS_PATIENCE_NS UINT64_C(2000000000)
#define LOCKS_RETRY_MS    5

/* Starts as zero. */
struct locks {
    struct locks_entry *list;
    size_t count;
};

enum locks_state {
    LOCKS_NONE,   /* a directory that cannot be opened: nothing in it may be replaced */
    LOCKS_HELD,   /* by us */
    LOCKS_FOREIGN /* by another process */
};

/* Tries to lock the directory of an endpoint's path, and remembers how that went. Never waits.
 * Endpoints without a path need no lock. 0, or a negative errno: -EWOULDBLOCK when another process
 * holds it, -ENOMEM. */
int locks_try(struct locks *locks, const struct endpoint *endpoint) MUST_CHECK;

/* For a path's directory; locks may be NULL. */
enum locks_state locks_state(const struct locks *locks, const char *path);

/* The directory of a path; "." when it has none. Returns directory, cut at size. */
const char *locks_directory(const char *path, char *directory, size_t size);

/* Gives all of them back. */
void locks_release(struct locks *locks);

#endif
