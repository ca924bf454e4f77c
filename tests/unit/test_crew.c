/* SPDX-License-Identifier: ISC */
/* Four workers and the main thread, all of them this one thread: each takes a turn when it is told
 * to, so what they do to each other happens in one order and in a time of the test's own. */
#include "lib/testing.h"

#include "base/clock.h"
#include "lib/room.h"
#include "lib/sockets.h"
#include "server/drain.h"
#include "server/server.h"
#include "server/services.h"
#include "server/statistics.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

enum { WORKERS = 4, CLIENTS = 12 };

struct house {
    char directory[DIRECTORY_SIZE];
    struct server server;
    struct statistics statistics;
    struct drain drain;
};

/* Every worker does all that it has to do. */
static void turn(struct server *server)
{
    for (int moved = 1; moved > 0;) {
        moved = 0;
        for (unsigned i = 0; i < WORKERS; i++) {
            int count = crew_turn(&server->crew.roster.workers[i]);

            assert_true(count >= 0);
            moved += count;
        }
    }
}

static struct listener *open_one(struct house *house, const char *file)
{
    struct settings_listener settings = {.backlog = 16, .mode = 0660, .name = (char *)file};
    const struct listener_site site = {.service = services_of(&settings),
                                       .served = house->server.listeners,
                                       .worker_count = WORKERS};
    char text[DIRECTORY_SIZE + 32];
    struct listener *listener;
    struct names names;

    settings.owner = settings.group = (char *)"";
    snprintf(text, sizeof text, "unix:%s/%s", house->directory, file);
    assert_int_equal(endpoint_parse(&settings.endpoint, text, NULL), 0);
    assert_int_equal(names_look_up(&names, &settings, NULL), 0);
    listener = listener_open(&settings, &names, &site, 0, NULL);
    assert_non_null(listener);
    return listener;
}

/* A Unix and a TCP listener. */
static void begin(struct house *house)
{
    char path[DIRECTORY_SIZE + 32];
    char *endpoints[] = {path, (char *)"127.0.0.1:0"};
    struct server *server = &house->server;
    struct names names[COUNT(endpoints)];
    struct locks locks = {0};

    *house = (struct house){.server = {.service_of = services_of, .worker_count = WORKERS}};
    make_test_directory(house->directory);
    snprintf(path, sizeof path, "unix:%s/a", house->directory);
    assert_int_equal(settings_defaults(&server->settings, NULL), 0);
    assert_int_equal(
        settings_set_endpoints(&server->settings, endpoints, COUNT(endpoints), NULL, NULL), 0);
    for (size_t i = 0; i < COUNT(endpoints); i++)
        assert_int_equal(names_look_up(&names[i], &server->settings.listeners[i], NULL), 0);
    assert_int_equal(loop_init(&server->loop, NULL), 0);
    assert_true(server_lock(server, &server->settings, 0, &locks));
    assert_int_equal(server_open_listeners(server, names, &locks, NULL), 0);
    locks_release(&locks);
    assert_int_equal(server_prepare(server, NULL), 0);
    statistics_init(&house->statistics, server);
}

static void end(struct house *house)
{
    server_release(&house->server);
    assert_int_equal(rmdir(house->directory), 0); /* so no path is left */
}

static void knock(const struct listener *listener, int *clients, size_t count)
{
    for (size_t i = 0; i < count; i++)
        clients[i] = sockets_connect(&listener->ports[0].address);
}

/* Each says something and has it back. */
static void talk(struct server *server, const int *clients, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct pollfd waiter = {.fd = clients[i], .events = POLLIN};

        assert_int_equal(write(clients[i], "hello", 5), 5);
        for (int n = 0; n < 5000 && poll(&waiter, 1, n > 0) == 0; n++)
            turn(server);
        sockets_expect(clients[i], "hello");
    }
}

static void leave(const int *clients, size_t count)
{
    for (size_t i = 0; i < count; i++)
        close(clients[i]);
}

/* Turns until so many connections are left: the last that a client does takes its time over TCP. */
static void turn_until(struct server *server, unsigned left)
{
    for (int n = 0; n < 5000 && roster_active(&server->crew.roster) > left; n++) {
        poll(NULL, 0, n > 0);
        turn(server);
    }
    assert_int_equal(roster_active(&server->crew.roster), left);
}

/* What the statistics say of a listener. */
static struct counters seen(const struct listener *listener)
{
    struct counters sum = {0};

    for (unsigned i = 0; i < WORKERS; i++)
        counters_add(&sum, &listener->seen[i]);
    return sum;
}

static void clients_are_spread(void **state)
{
    int clients[CLIENTS];
    struct house house;

    (void)state;
    begin(&house);
    knock(house.server.listeners, clients, CLIENTS);
    talk(&house.server, clients, CLIENTS);
    for (unsigned i = 0; i < WORKERS; i++)
        assert_int_equal(house.server.crew.roster.workers[i].active, CLIENTS / WORKERS);
    leave(clients, CLIENTS);
    turn_until(&house.server, 0);
    end(&house);
}

/* Told when all have answered, or after 100 ms with what a worker told before; asked once a second.
 */
static void statistics_park_nobody(void **state)
{
    struct listener *listener;
    struct statistics *statistics;
    const uint64_t second = 10 * NS_PER_S;
    struct worker *workers;
    int clients[CLIENTS];
    struct house house;

    (void)state;
    begin(&house);
    listener = house.server.listeners;
    statistics = &house.statistics;
    workers = house.server.crew.roster.workers;
    knock(listener, clients, CLIENTS);
    talk(&house.server, clients, CLIENTS);
    assert_int_equal(statistics_continue(statistics, second), 0);

    statistics_begin(statistics);
    assert_int_equal(statistics_continue(statistics, second), second + NS_PER_S / 10);
    for (unsigned i = 0; i < WORKERS - 1; i++)
        assert_true(crew_turn(&workers[i]) >= 0);
    assert_int_equal(statistics_continue(statistics, second + 1), second + NS_PER_S / 10);
    assert_int_equal(seen(listener).received, 0);
    assert_int_equal(statistics_continue(statistics, second + NS_PER_S / 10), 0);
    assert_int_equal(seen(listener).received, 5 * (CLIENTS - CLIENTS / WORKERS));

    /* The answer that came late is in the next record, which waits for its time. */
    talk(&house.server, clients, CLIENTS);
    statistics_begin(statistics);
    assert_int_equal(statistics_continue(statistics, second + NS_PER_S / 2), second + NS_PER_S);
    assert_int_equal(seen(listener).received, 5 * (CLIENTS - CLIENTS / WORKERS));
    assert_true(statistics_continue(statistics, second + NS_PER_S) > second + NS_PER_S);
    turn(&house.server);
    assert_int_equal(statistics_continue(statistics, second + NS_PER_S), 0);
    assert_int_equal(seen(listener).received, 10 * CLIENTS);
    assert_int_equal(seen(listener).active, CLIENTS);

    /* Those that are gone have counted the same. */
    leave(clients, CLIENTS);
    turn_until(&house.server, 0);
    statistics_begin(statistics);
    assert_true(statistics_continue(statistics, second + 2 * NS_PER_S) > 0);
    turn(&house.server);
    assert_int_equal(statistics_continue(statistics, second + 2 * NS_PER_S), 0);
    assert_int_equal(seen(listener).received, 10 * CLIENTS);
    assert_int_equal(seen(listener).accepted, CLIENTS);
    assert_int_equal(seen(listener).active, 0);
    end(&house);
}

static void *take_turn(void *worker)
{
    assert_true(crew_turn(worker) >= 0);
    return NULL;
}

/* Also when it is asked between its answer and the moment when it parks. */
static void whoever_is_parked_has_answered(void **state)
{
    struct worker *worker;
    struct house house;
    struct crew *crew;
    pthread_t thread;

    (void)state;
    begin(&house);
    crew = &house.server.crew;
    worker = crew->roster.workers;
    pthread_mutex_lock(&crew->lock); /* it gets as far as to where it would park */
    crew_ask(crew);
    assert_int_equal(pthread_create(&thread, NULL, take_turn, worker), 0);
    while (!crew_has_answered(worker))
        sched_yield();
    crew_ask(crew);
    crew->park = true;
    crew->started = 1;
    pthread_mutex_unlock(&crew->lock);
    crew_park(crew);
    assert_true(crew_has_answered(worker));
    crew_resume(crew);
    pthread_join(thread, NULL);
    crew->started = 0;
    end(&house);
}

/* One listener goes, one stays, one comes; then all is drained. */
static void a_reload_and_a_drain(void **state)
{
    int stays[CLIENTS], leaves[CLIENTS], comes[CLIENTS], queued;
    struct listener *going, *staying, *coming;
    struct server *server;
    struct house house;
    unsigned taken_in = 0;

    (void)state;
    begin(&house);
    server = &house.server;
    going = server->listeners;
    staying = going->next;
    knock(going, leaves, CLIENTS);
    knock(staying, stays, CLIENTS);
    talk(server, leaves, CLIENTS);
    talk(server, stays, CLIENTS);

    coming = open_one(&house, "b");
    knock(going, &queued, 1);
    knock(coming, comes, CLIENTS);
    listener_remove_paths(going);
    crew_park(&server->crew);
    assert_int_equal(crew_watch(&server->crew, coming, NULL), 0);
    assert_true(drain_listener(server, going, &taken_in));
    assert_int_equal(taken_in, 1);
    server->listeners = coming;
    coming->next = staying;
    going->next = NULL;
    server->removed = going;
    crew_resume(&server->crew);
    talk(server, &queued, 1);
    talk(server, leaves, CLIENTS);
    talk(server, stays, CLIENTS);
    talk(server, comes, CLIENTS);
    assert_int_equal(listener_active(going), CLIENTS + 1);
    assert_int_equal(listener_active(coming), CLIENTS);

    drain_begin(&house.drain, server);
    assert_int_equal(house.drain.connections, 3 * CLIENTS + 1);
    leave(leaves, CLIENTS);
    leave(&queued, 1);
    turn_until(server, 2 * CLIENTS);
    assert_false(drain_finished(&house.drain, server));
    talk(server, stays, CLIENTS);
    assert_int_equal(drain_continue(&house.drain, server, house.drain.deadline_ns), 0);
    assert_int_equal(house.drain.cut, 2 * CLIENTS);
    turn(server);
    for (size_t i = 0; i < CLIENTS; i++) {
        sockets_expect(stays[i], "");
        sockets_expect(comes[i], "");
    }
    leave(stays, CLIENTS);
    leave(comes, CLIENTS);
    turn_until(server, 0);
    assert_true(drain_finished(&house.drain, server));
    end(&house);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clients_are_spread),
        cmocka_unit_test(statistics_park_nobody),
        cmocka_unit_test(whoever_is_parked_has_answered),
        cmocka_unit_test(a_reload_and_a_drain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
