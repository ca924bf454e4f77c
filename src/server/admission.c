/* SPDX-License-Identifier: ISC */
#include "server/admission.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/seam.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum guest_kind { GUEST_SOURCE, GUEST_USER };

/* The table has room for at least so many, however few connections there may be: a source that is
 * refused must not be forgotten because some others connect once. */
enum { GUESTS_MIN = 1024 };

struct admission_guest {
    unsigned char name[16];
    uint32_t next;         /* in its bucket */
    uint32_t older, newer; /* among those without connections */
    uint32_t bucket;
    unsigned connections;
    enum guest_kind kind;
    uint64_t tokens_ns, filled_ns; /* rate: time saved up, and until when */
};

int admission_init(struct admission *admission, unsigned capacity, struct reason *why)
{
    *admission = (struct admission){.capacity = capacity};
    pthread_mutex_init(&admission->lock, NULL);
    if (getrandom(admission->key, sizeof admission->key, 0) != sizeof admission->key) {
        pthread_mutex_destroy(&admission->lock);
        return reason_errno(why, errno, "getrandom");
    }
    return 0;
}

void admission_release(struct admission *admission)
{
    free(admission->buckets);
    free(admission->guests);
    pthread_mutex_destroy(&admission->lock);
}

/* Puts a guest without connections at the end of the queue of those that may be forgotten. */
static void retire(struct admission *admission, uint32_t index)
{
    struct admission_guest *guest = &admission->guests[index];

    guest->older = admission->newest;
    guest->newer = 0;
    if (admission->newest)
        admission->guests[admission->newest].newer = index;
    else
        admission->oldest = index;
    admission->newest = index;
}

static void revive(struct admission *admission, uint32_t index)
{
    struct admission_guest *guest = &admission->guests[index];

    if (guest->older)
        admission->guests[guest->older].newer = guest->newer;
    else
        admission->oldest = guest->newer;
    if (guest->newer)
        admission->guests[guest->newer].older = guest->older;
    else
        admission->newest = guest->older;
}

bool admission_enter(struct admission *admission, enum admission_when_full when_full)
{
    bool entered;

    pthread_mutex_lock(&admission->lock);
    entered = when_full == ADMISSION_ENTERS || admission->active < admission->limit;
    admission->active += entered;
    admission->wanted |= !entered;
    pthread_mutex_unlock(&admission->lock);
    return entered;
}

bool admission_has_place(struct admission *admission)
{
    bool has_place;

    pthread_mutex_lock(&admission->lock);
    has_place = admission->active < admission->limit;
    admission->wanted |= !has_place;
    pthread_mutex_unlock(&admission->lock);
    return has_place;
}

bool admission_wants_user(const struct admission *admission)
{
    return admission->per_user > 0;
}

static uint32_t bucket_of(const struct admission *admission, const unsigned char name[16],
                          enum guest_kind kind)
{
    unsigned char bytes[17];

    memcpy(bytes, name, 16);
    bytes[16] = (unsigned char)kind;
    return (uint32_t)hash_keyed(admission->key, bytes, sizeof bytes) &
           (admission->bucket_count - 1);
}

static void put_into_bucket(struct admission *admission, uint32_t index)
{
    struct admission_guest *guest = &admission->guests[index];

    guest->bucket = bucket_of(admission, guest->name, guest->kind);
    guest->next = admission->buckets[guest->bucket];
    admission->buckets[guest->bucket] = index;
}

/* The table is made when a limit first needs it, and only grows. With two guests for each
 * connection that may be open (a source and a user) there is always one for a new name. Workers
 * are parked: memory is only reserved here, and touched when a guest first needs it. */
static int reserve_guests(struct admission *admission, uint32_t count)
{
    struct admission_guest *guests;
    uint32_t bucket_count = 1, *buckets;

    if (count < GUESTS_MIN)
        count = GUESTS_MIN;
    if (count <= admission->guest_count)
        return 0;
    while (bucket_count < count)
        bucket_count *= 2;
    guests = realloc(admission->guests, (count + 1ul) * sizeof *guests);
    if (!guests)
        return -1;
    admission->guests = guests;
    guests[0] = (struct admission_guest){.connections = 0};
    buckets = calloc(bucket_count, sizeof *buckets);
    if (!buckets)
        return -1;
    free(admission->buckets);
    admission->buckets = buckets;
    admission->bucket_count = bucket_count;
    admission->guest_count = count;
    for (uint32_t i = 1; i <= admission->guests_used; i++)
        put_into_bucket(admission, i);
    return 0;
}

static void forget(struct admission *admission, uint32_t index)
{
    uint32_t *link = &admission->buckets[admission->guests[index].bucket];

    revive(admission, index);
    while (*link != index)
        link = &admission->guests[*link].next;
    *link = admission->guests[index].next;
}

/* The guest of that name; a new one takes the place of the one that was last seen longest ago. 0
 * when all have connections: a drain takes in more than there may be. */
static uint32_t find_guest(struct admission *admission, const unsigned char name[16],
                           enum guest_kind kind)
{
    uint32_t index = admission->buckets[bucket_of(admission, name, kind)];
    struct admission_guest *guest;

    for (; index; index = admission->guests[index].next) {
        guest = &admission->guests[index];
        if (guest->kind == kind && memcmp(guest->name, name, 16) == 0)
            return index;
    }
    if (admission->guests_used < admission->guest_count) {
        index = ++admission->guests_used;
    } else {
        index = admission->oldest;
        if (!index)
            return 0;
        forget(admission, index);
    }
    guest = &admission->guests[index];
    *guest = (struct admission_guest){.kind = kind};
    memcpy(guest->name, name, 16);
    put_into_bucket(admission, index);
    retire(admission, index);
    return index;
}

int admission_configure(struct admission *admission, const struct settings *settings,
                        struct reason *why)
{
    unsigned limit = settings->limits.connections;
    bool counts =
        settings->limits.per_source || settings->limits.per_user || settings->limits.accept_rate;

    if (!limit || limit > admission->capacity)
        limit = admission->capacity;
    if (counts && reserve_guests(admission, 2 * limit) < 0)
        return reason_errno(why, ENOMEM, "table of %u sources", 2 * limit);
    admission->limit = limit;
    admission->per_source = settings->limits.per_source;
    admission->per_user = settings->limits.per_user;
    admission->accept_rate = settings->limits.accept_rate;
    return 0;
}

/* One second's worth of connections may be saved up. */
static bool over_rate(struct admission *admission, struct admission_guest *guest, uint64_t now_ns)
{
    uint64_t cost_ns = NS_PER_S / admission->accept_rate;

    if (guest->filled_ns == 0 || now_ns - guest->filled_ns >= NS_PER_S - guest->tokens_ns)
        guest->tokens_ns = NS_PER_S;
    else
        guest->tokens_ns += now_ns - guest->filled_ns;
    guest->filled_ns = now_ns;
    if (guest->tokens_ns < cost_ns)
        return true;
    guest->tokens_ns -= cost_ns;
    return false;
}

static void count(struct admission *admission, uint32_t index)
{
    if (index && admission->guests[index].connections++ == 0)
        revive(admission, index);
}

static void uncount(struct admission *admission, uint32_t index)
{
    if (index && --admission->guests[index].connections == 0)
        retire(admission, index);
}

/* It was here a moment ago, whether it was let in or not. */
static void refresh(struct admission *admission, uint32_t index)
{
    count(admission, index);
    uncount(admission, index);
}

const char *admission_word(enum admission_verdict verdict)
{
    static const char *const words[] = {
        [ADMISSION_WELCOME] = "welcome",
        [ADMISSION_OVER_LIMIT] = "over-limit",
    };

    return words[verdict];
}

enum admission_verdict admission_judge(struct admission *admission, const struct address *peer,
                                       uid_t uid, uint64_t now_ns, bool has_place,
                                       struct admission_ticket *ticket)
{
    unsigned char name[16] = {0};
    bool welcome;

    *ticket = (struct admission_ticket){0, 0};
    if (has_place && !admission->per_source && !admission->per_user && !admission->accept_rate)
        return ADMISSION_WELCOME;
    pthread_mutex_lock(&admission->lock);
    welcome = has_place || admission->active < admission->limit;
    if (welcome && (admission->per_source || admission->accept_rate) &&
        address_source(peer, name) == 0) {
        struct admission_guest *guest;

        ticket->source = find_guest(admission, name, GUEST_SOURCE);
        guest = &admission->guests[ticket->source];
        if (admission->per_source && guest->connections >= admission->per_source)
            welcome = false;
        else if (ticket->source && admission->accept_rate && over_rate(admission, guest, now_ns))
            welcome = false;
    }
    if (welcome && admission->per_user && uid != (uid_t)-1) {
        memset(name, 0, sizeof name);
        memcpy(name, &uid, sizeof uid);
        /* The source has no connection yet that would keep its place: count it first. */
        count(admission, ticket->source);
        ticket->user = find_guest(admission, name, GUEST_USER);
        uncount(admission, ticket->source);
        if (admission->guests[ticket->user].connections >= admission->per_user)
            welcome = false;
    }
    if (welcome) {
        count(admission, ticket->source);
        count(admission, ticket->user);
        admission->active += !has_place;
    } else {
        refresh(admission, ticket->source);
        refresh(admission, ticket->user);
        *ticket = (struct admission_ticket){0, 0};
    }
    pthread_mutex_unlock(&admission->lock);
    return welcome ? ADMISSION_WELCOME : ADMISSION_OVER_LIMIT;
}

bool admission_leave(struct admission *admission, const struct admission_ticket *ticket)
{
    bool wanted;

    pthread_mutex_lock(&admission->lock);
    uncount(admission, ticket->source);
    uncount(admission, ticket->user);
    admission->active--;
    wanted = admission->wanted;
    admission->wanted = false;
    pthread_mutex_unlock(&admission->lock);
    return wanted;
}
