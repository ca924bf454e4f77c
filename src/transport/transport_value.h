/* SPDX-License-Identifier: ISC */
/* The plain data of transport.h, on which the transports' files build as well. */
#ifndef TRANSPORT_TRANSPORT_VALUE_H
#define TRANSPORT_TRANSPORT_VALUE_H

#include <stdbool.h>
#include <sys/types.h>

struct locks;

enum transport_role { TRANSPORT_SERVER, TRANSPORT_CLIENT };

struct listen_options {
    int backlog;
    mode_t mode;               /* paths: the socket is born with it */
    uid_t owner;               /* paths: (uid_t)-1 leaves it */
    gid_t group;               /* paths: (gid_t)-1 leaves it */
    bool join;                 /* TCP: one more socket on a port that a first one of ours holds */
    bool shared;               /* TCP: others will join this one (SO_REUSEPORT after listen) */
    bool nodelay;              /* TCP: accepted sockets inherit it */
    bool keepalive;            /* TCP: accepted sockets inherit it */
    bool inherited;            /* takes the inherited socket of this address; no other applies */
    const struct locks *locks; /* paths: of the directories; NULL: a dead socket stays */
};

/* A listening socket. fstat(2) on the socket does not give the path's inode, so it is kept from
 * bind(2) on; at the end only that inode is removed. */
struct transport_listener {
    int fd;
    dev_t device;
    ino_t inode;
    char path[108];    /* "" when there is nothing to remove */
    bool is_inherited; /* others have it as well: it is never shut down, nor listened on anew */
};

/* What TCP knows of the way to its peer. */
struct transport_tcp_state {
    unsigned mss, rtt_us;
    unsigned retransmits; /* segments that were sent again so far */
    bool is_multipath;    /* it speaks MPTCP */
};

#endif
