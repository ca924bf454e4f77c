/* SPDX-License-Identifier: ISC */
#include "lib/testing.h"

#include "base/clock.h"
#include "server/admission.h"
#include "transport/transport.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { SOURCES = 40, USERS = 6, OPEN_MAX_HERE = 64 };

/* The slow reference: counts in arrays, one for each name. */
struct reference {
    unsigned limit, active, per_source, per_user, accept_rate;
    unsigned of_source[SOURCES], of_user[USERS];
    uint64_t tokens_ns[SOURCES], filled_ns[SOURCES];
};

struct guest {
    struct admission_ticket ticket;
    int source, user; /* -1: not counted */
};

static struct address sources[SOURCES], unix_peer;

static uint32_t chance_state;

static uint32_t chance(uint32_t limit)
{
    chance_state = chance_state * 1664525u + 1013904223u;
    return (chance_state >> 8) % limit;
}

static struct address address_of(const char *text)
{
    struct endpoint endpoint;
    struct address list[1];

    assert_int_equal(endpoint_parse(&endpoint, text, NULL), 0);
    assert_int_equal(transport_resolve(&endpoint, TRANSPORT_CLIENT, list, 1, NULL), 1);
    return list[0];
}

/* Another source for each number. */
static struct address numbered(uint32_t number)
{
    struct address address = address_of("10.0.0.0:7");
    struct sockaddr_in name;

    memcpy(&name, &address.storage, sizeof name);
    name.sin_addr.s_addr = htonl(ntohl(name.sin_addr.s_addr) + number);
    memcpy(&address.storage, &name, sizeof name);
    return address;
}

static int make_sources(void **state)
{
    char text[64];

    (void)state;
    for (unsigned i = 0; i < SOURCES; i++) {
        snprintf(text, sizeof text, i % 2 ? "192.0.2.%u:7" : "[2001:db8:0:%x::1]:7", i + 1);
        sources[i] = address_of(text);
    }
    unix_peer = address_of("unix:/tmp/x");
    return 0;
}

static struct settings limits(unsigned connections, unsigned per_source, unsigned per_user,
                              unsigned accept_rate)
{
    return (struct settings){.limits = {.connections = connections,
                                        .per_source = per_source,
                                        .per_user = per_user,
                                        .accept_rate = accept_rate}};
}

static bool reference_check(struct reference *reference, int source, int user, uint64_t now_ns)
{
    if (source >= 0 && reference->per_source &&
        reference->of_source[source] >= reference->per_source)
        return false;
    if (source >= 0 && reference->accept_rate) {
        uint64_t *tokens_ns = &reference->tokens_ns[source];

        *tokens_ns += now_ns - reference->filled_ns[source];
        if (*tokens_ns > NS_PER_S || !reference->filled_ns[source])
            *tokens_ns = NS_PER_S;
        reference->filled_ns[source] = now_ns;
        if (*tokens_ns < NS_PER_S / reference->accept_rate)
            return false;
        *tokens_ns -= NS_PER_S / reference->accept_rate;
    }
    return user < 0 || !reference->per_user || reference->of_user[user] < reference->per_user;
}

static bool judge(struct admission *admission, const struct address *peer, uid_t uid,
                  uint64_t now_ns, bool has_place, struct admission_ticket *ticket)
{
    return admission_judge(admission, peer, uid, now_ns, has_place, ticket) == ADMISSION_WELCOME;
}

/* Both steps; a client that is refused gives its place back. */
static bool come_in(struct admission *admission, const struct address *peer,
                    struct admission_ticket *ticket)
{
    assert_true(admission_enter(admission, ADMISSION_WAITS));
    if (judge(admission, peer, (uid_t)-1, 1, true, ticket))
        return true;
    (void)admission_leave(admission, ticket);
    return false;
}

/* One random history of clients that come and go; source_count bounds the names in it. */
static void live(unsigned capacity, const struct settings *settings, unsigned source_count)
{
    struct guest open[OPEN_MAX_HERE];
    unsigned open_count = 0;
    uint64_t now_ns = NS_PER_S;
    struct admission admission;
    struct reference reference = {
        .limit = settings->limits.connections < capacity ? settings->limits.connections : capacity,
        .per_source = settings->limits.per_source,
        .per_user = settings->limits.per_user,
        .accept_rate = settings->limits.accept_rate};

    assert_int_equal(admission_init(&admission, capacity, NULL), 0);
    assert_int_equal(admission_configure(&admission, settings, NULL), 0);
    for (int step = 0; step < 3000; step++) {
        now_ns += chance(300) * NS_PER_MS;
        if (open_count && chance(2)) {
            unsigned index = chance(open_count);
            struct guest left = open[index];

            open[index] = open[--open_count];
            (void)admission_leave(&admission, &left.ticket);
            reference.active--;
            if (left.source >= 0)
                reference.of_source[left.source]--;
            if (left.user >= 0)
                reference.of_user[left.user]--;
            continue;
        }
        bool full = reference.active >= reference.limit, has_place = chance(2);

        if (has_place)
            assert_int_equal(admission_enter(&admission, ADMISSION_WAITS), !full);
        if (has_place && full)
            continue;
        /* TCP has a source, Unix has a user. */
        struct guest guest = {.source = -1, .user = -1};
        const struct address *peer = &unix_peer;

        if (chance(3)) {
            guest.source = (int)chance(source_count);
            peer = &sources[guest.source];
        } else {
            guest.user = (int)chance(USERS);
        }
        bool welcome = !full && reference_check(&reference, guest.source, guest.user, now_ns);

        assert_int_equal(judge(&admission, peer,
                               guest.user < 0 ? (uid_t)-1 : (uid_t)(1000 + guest.user), now_ns,
                               has_place, &guest.ticket),
                         welcome);
        if (!welcome) {
            assert_int_equal(guest.ticket.source + guest.ticket.user, 0);
            if (has_place)
                (void)admission_leave(&admission, &guest.ticket);
            continue;
        }
        reference.active++;
        if (guest.source >= 0)
            reference.of_source[guest.source]++;
        if (guest.user >= 0)
            reference.of_user[guest.user]++;
        open[open_count++] = guest;
    }
    assert_int_equal(admission.active, reference.active);
    admission_release(&admission);
}

static void random_histories(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 40; seed++) {
        struct settings some;

        chance_state = seed;
        /* Many more names than the table has places: those who left are forgotten, nobody else. */
        some = limits(1 + chance(20), 1 + chance(4), 1 + chance(4), 0);
        live(1 + chance(12), &some, SOURCES);
        some = limits(1 + chance(60), chance(3), chance(3), 0);
        live(1 + chance(60), &some, 1 + chance(SOURCES));
        /* The rate is remembered as long as the names fit. */
        some = limits(40, chance(3), chance(3), 1 + chance(5));
        live(30, &some, 1 + chance(SOURCES));
    }
}

/* A full server: who is turned back is called when a place is free, and only then. */
static void waiting(void **state)
{
    const struct admission_ticket nobody = {0, 0};
    struct settings some = limits(2, 0, 0, 0);
    struct admission_ticket ticket;
    struct admission admission;

    (void)state;
    assert_int_equal(admission_init(&admission, 10, NULL), 0);
    assert_int_equal(admission_configure(&admission, &some, NULL), 0);
    assert_true(admission_enter(&admission, ADMISSION_WAITS));
    assert_true(admission_has_place(&admission));
    assert_false(admission_leave(&admission, &nobody));
    assert_true(admission_enter(&admission, ADMISSION_WAITS));
    assert_true(admission_enter(&admission, ADMISSION_WAITS));
    assert_false(admission_enter(&admission, ADMISSION_WAITS));
    assert_true(admission_leave(&admission, &nobody));
    assert_false(admission_leave(&admission, &nobody));
    assert_true(admission_enter(&admission, ADMISSION_WAITS));
    assert_true(admission_enter(&admission, ADMISSION_WAITS));
    /* Who is turned away does not wait. */
    assert_false(judge(&admission, &sources[0], (uid_t)-1, 1, false, &ticket));
    assert_false(admission_leave(&admission, &nobody));
    assert_true(admission_enter(&admission, ADMISSION_WAITS));
    assert_false(admission_has_place(&admission));
    assert_true(admission_leave(&admission, &nobody));
    /* A drain takes everybody in. */
    assert_true(admission_enter(&admission, ADMISSION_ENTERS));
    assert_true(admission_enter(&admission, ADMISSION_ENTERS));
    assert_false(admission_enter(&admission, ADMISSION_WAITS));
    admission_release(&admission);
}

struct knocker {
    struct admission *admission;
    _Atomic bool done;
};

/* Comes again and again from a source that is at its limit. */
static void *knock(void *argument)
{
    struct knocker *knocker = argument;
    struct admission_ticket ticket;

    while (!atomic_load(&knocker->done))
        assert_false(judge(knocker->admission, &sources[0], (uid_t)-1, 1, false, &ticket));
    return NULL;
}

/* Whoever is refused does not take the last place from others, not even for a moment. */
static void the_last_place(void **state)
{
    struct settings some = limits(2, 1, 0, 0);
    struct admission_ticket ticket;
    struct admission admission;
    struct knocker knocker = {.admission = &admission};
    pthread_t thread;

    (void)state;
    assert_int_equal(admission_init(&admission, 10, NULL), 0);
    assert_int_equal(admission_configure(&admission, &some, NULL), 0);
    assert_true(judge(&admission, &sources[0], (uid_t)-1, 1, false, &ticket));
    assert_int_equal(pthread_create(&thread, NULL, knock, &knocker), 0);
    for (int i = 0; i < 20000; i++) {
        assert_true(judge(&admission, &sources[1], (uid_t)-1, 1, false, &ticket));
        (void)admission_leave(&admission, &ticket);
    }
    atomic_store(&knocker.done, true);
    pthread_join(thread, NULL);
    assert_int_equal(admission.active, 1);
    admission_release(&admission);
}

/* 0 and more than the descriptors allow: as many as they allow. */
static void capacities(void **state)
{
    static const unsigned wanted[] = {0, 5, 6, 10000};
    struct admission admission;

    (void)state;
    for (size_t i = 0; i < COUNT(wanted); i++) {
        struct settings some = limits(wanted[i], 0, 0, 0);

        assert_int_equal(admission_init(&admission, 5, NULL), 0);
        assert_int_equal(admission_configure(&admission, &some, NULL), 0);
        for (int n = 0; n < 5; n++)
            assert_true(admission_enter(&admission, ADMISSION_WAITS));
        assert_false(admission_enter(&admission, ADMISSION_WAITS));
        admission_release(&admission);
    }
}

/* A drain lets in more clients, each from a place of its own, than the table was made for. */
static void more_than_the_table(void **state)
{
    static struct admission_ticket tickets[1500];
    static struct address many[COUNT(tickets)];
    struct admission_ticket again;
    struct settings some = limits(3, 1, 0, 0);
    struct admission admission;

    (void)state;
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = numbered((uint32_t)i);
    /* The hash has another key each time, and what a mistake breaks depends on it. */
    for (int key = 0; key < 50; key++) {
        assert_int_equal(admission_init(&admission, 3, NULL), 0);
        assert_int_equal(admission_configure(&admission, &some, NULL), 0);
        for (size_t i = 0; i < COUNT(many); i++) {
            assert_true(admission_enter(&admission, ADMISSION_ENTERS));
            assert_true(judge(&admission, &many[i], (uid_t)-1, 1, true, &tickets[i]));
        }
        assert_int_equal(tickets[COUNT(many) - 1].source, 0);
        /* Those for which there was room are still counted. */
        for (size_t i = 0; i < 6; i++) {
            assert_true(admission_enter(&admission, ADMISSION_ENTERS));
            assert_false(judge(&admission, &many[i], (uid_t)-1, 1, true, &again));
            (void)admission_leave(&admission, &again);
        }
        for (size_t i = 0; i < COUNT(many); i++)
            (void)admission_leave(&admission, &tickets[i]);
        assert_int_equal(admission.active, 0);
        admission_release(&admission);
    }
}

/* One /64 is one source, and the port is none of it. */
static void one_source(void **state)
{
    static const char *const pairs[][2] = {
        {"[2001:db8::1]:7", "[2001:db8::ffff:1:2]:9"},
        {"192.0.2.1:7", "192.0.2.1:9"},
    };
    struct settings some = limits(10, 1, 0, 0);
    struct admission admission;

    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct address first = address_of(pairs[i][0]), second = address_of(pairs[i][1]);
        struct admission_ticket ticket;

        assert_int_equal(admission_init(&admission, 10, NULL), 0);
        assert_int_equal(admission_configure(&admission, &some, NULL), 0);
        assert_true(judge(&admission, &first, (uid_t)-1, 1, true, &ticket));
        assert_false(judge(&admission, &second, (uid_t)-1, 1, true, &ticket));
        admission_release(&admission);
    }
}

/* A source that is refused again and again is not forgotten because of others that come once, and
 * some hundreds of others do not make one forgotten that is silent meanwhile. */
static void refused_and_remembered(void **state)
{
    struct address greedy = address_of("192.0.2.1:7");
    struct settings some = limits(60, 0, 0, 1);
    struct admission_ticket ticket;
    struct admission admission;
    uint32_t others = 0;

    (void)state;
    assert_int_equal(admission_init(&admission, 60, NULL), 0);
    assert_int_equal(admission_configure(&admission, &some, NULL), 0);
    assert_true(come_in(&admission, &greedy, &ticket));
    (void)admission_leave(&admission, &ticket);
    for (int round = 0; round < 20; round++) {
        for (int n = 0; n < 500; n++) {
            struct address other = numbered(others++);

            assert_true(come_in(&admission, &other, &ticket));
            (void)admission_leave(&admission, &ticket);
        }
        assert_false(come_in(&admission, &greedy, &ticket));
    }
    admission_release(&admission);
}

static long faults_of_pages(void)
{
    struct rusage usage;

    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_minflt;
}

/* However many connections may be open: limits that are first set, or raised, cost no memory before
 * somebody comes, and who is counted already stays so. */
static void memory_is_touched_when_used(void **state)
{
    const struct settings steps[] = {limits(100, 3, 0, 0), limits(1000000, 3, 0, 0),
                                     limits(100, 3, 0, 0), limits(0, 3, 3, 3)};
    struct admission_ticket tickets[3], refused;
    struct admission admission;
    long before = faults_of_pages();

    (void)state;
    assert_int_equal(admission_init(&admission, 1000000, NULL), 0);
    for (size_t i = 0; i < COUNT(steps); i++) {
        assert_int_equal(admission_configure(&admission, &steps[i], NULL), 0);
        if (i < 3)
            assert_true(come_in(&admission, &sources[1], &tickets[i]));
    }
    assert_false(come_in(&admission, &sources[1], &refused));
    for (size_t i = 0; i < 3; i++)
        (void)admission_leave(&admission, &tickets[i]);
    /* 16 MiB; a sanitizer keeps books about what is reserved. */
    assert_true(faults_of_pages() - before < 4096);
    admission_release(&admission);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_histories),       cmocka_unit_test(waiting),
        cmocka_unit_test(the_last_place),         cmocka_unit_test(capacities),
        cmocka_unit_test(more_than_the_table),    cmocka_unit_test(one_source),
        cmocka_unit_test(refused_and_remembered), cmocka_unit_test(memory_is_touched_when_used),
    };

    return cmocka_run_group_tests(tests, make_sources, NULL) != 0;
}
