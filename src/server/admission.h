/* SPDX-License-Identifier: ISC */
/*
 * Who may come in: the limits on connections, per source, per user and on the rate. Shared by all
 * workers under one lock that is taken when a connection begins and when it ends, never in between.
 */
#ifndef SERVER_ADMISSION_H
#define SERVER_ADMISSION_H

#include "base/reason.h"
#include "server/settings/settings.h"
#include "transport/address.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Whom a connection counts for: an address, an IPv6 /64 or a user; index 0 is nobody. */
struct admission_ticket {
    uint32_t source, user;
};

struct admission_guest;

struct admission {
    pthread_mutex_t lock;
    unsigned limit; /* connections */
    unsigned per_source, per_user, accept_rate;
    unsigned active;
    bool wanted;     /* somebody was turned back by the limit and waits for a place */
    uint64_t key[2]; /* of the hash, random: nobody can aim at one bucket */
    unsigned capacity;
    struct admission_guest *guests;    /* 1..guest_count; 0 is "none" */
    uint32_t guest_count, guests_used; /* those behind guests_used have never been touched */
    uint32_t *buckets, bucket_count;
    uint32_t oldest, newest; /* guests without connections, in the order they were last seen */
};

/* capacity: the most connections that can ever be open (the descriptor limit). */
int admission_init(struct admission *admission, unsigned capacity, struct reason *why) MUST_CHECK;
void admission_release(struct admission *admission);

/* Takes over the limits. Connections that came before a limit on sources or users was first set are
 * not counted by it. Call while the workers are parked. */
int admission_configure(struct admission *admission, const struct settings *settings,
                        struct reason *why) MUST_CHECK;

/* What happens to a client for whom there is no place. */
enum admission_when_full {
    ADMISSION_WAITS, /* the next admission_leave returns true */
    ADMISSION_ENTERS /* all the same */
};

/* The first step: takes a place, whoever it is for. Before accept(2), two workers cannot accept for
 * the last one. False: full. */
bool admission_enter(struct admission *admission, enum admission_when_full when_full);

/* Whether there is a place; when not, the next admission_leave returns true. */
bool admission_has_place(struct admission *admission);

enum admission_verdict { ADMISSION_WELCOME, ADMISSION_OVER_LIMIT };

/* The word of the log for a refusal. */
const char *admission_word(enum admission_verdict verdict);

/* The second step: who the client is. Counts it for its source and, unless uid is -1, its user. Of
 * one that is refused nothing is counted, and if it has a place it keeps it. One that has none
 * takes it only when it is welcome: so nobody is refused for the sake of one that is refused as
 * well. */
enum admission_verdict admission_judge(struct admission *admission, const struct address *peer,
                                       uid_t uid, uint64_t now_ns, bool has_place,
                                       struct admission_ticket *ticket) MUST_CHECK;

/* Whether a limit needs the peer's user. */
bool admission_wants_user(const struct admission *admission);

/* Gives the place back. True: somebody waits for one, wake the listeners. */
bool admission_leave(struct admission *admission, const struct admission_ticket *ticket);

#endif
