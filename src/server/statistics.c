/* SPDX-License-Identifier: ISC */
#include "server/statistics.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/owner.h"
#include "server/connection.h"
#include "server/server.h"

/* The workers have better things to do than to add up all the time. */
#define APART_NS    NS_PER_S
/* A worker that does not answer for so long is not waited for. */
#define PATIENCE_NS (100 * NS_PER_MS)

/* What the connections of each listener have done at this worker, those that are open included. On
 * its own thread; the lists of listeners change only while it is parked. */
static void sum_up(const struct crew *crew, const struct worker *worker)
{
    const struct server *server = OWNER(crew, struct server, crew);
    struct listener *const lists[] = {server->listeners, server->removed};
    const struct connection *connection;

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        for (struct listener *one = lists[i]; one; one = one->next)
            one->sums[worker->index] = one->counters[worker->index];
    for (connection = worker->connections; connection; connection = connection->next) {
        struct counters *sum = &connection->listener->sums[worker->index];

        sum->received += stream_received(&connection->stream);
        sum->returned += stream_returned(&connection->stream);
        sum->half_closes += connection->stream.echo.ended;
        sum->stalls += connection->stream.stalls;
    }
}

/* The sum of what the workers have last reported for a listener. */
static struct counters see(const struct server *server, struct listener *listener)
{
    struct counters sum = {0};

    for (unsigned i = 0; i < server->crew.roster.count; i++) {
        if (crew_has_answered(&server->crew.roster.workers[i]))
            listener->seen[i] = listener->sums[i];
        counters_add(&sum, &listener->seen[i]);
    }
    return sum;
}

static void tell_one(const char *name, const struct counters *sum)
{
    const struct log_field fields[] = {
        LOG_TEXT("listener", name),
        LOG_NUMBER("accepted", sum->accepted),
        LOG_NUMBER("active", sum->active),
        LOG_NUMBER("received", sum->received),
        LOG_NUMBER("returned", sum->returned),
        LOG_NUMBER("half-closes", sum->half_closes),
        LOG_NUMBER("resets", sum->resets),
        LOG_NUMBER("reset-after-linger", sum->cut),
        LOG_NUMBER("timeouts", sum->timeouts),
        LOG_NUMBER("errors", sum->errors),
        LOG_NUMBER("over-limit", sum->over_limit),
        LOG_NUMBER("accept-errors", sum->accept_errors),
        LOG_NUMBER("pauses", sum->pauses),
        LOG_NUMBER("stalls", sum->stalls),
    };

    log_answer("statistics", fields, sizeof fields / sizeof fields[0]);
}

static void tell(const struct server *server)
{
    struct counters total = server->gone, sum;
    struct listener *listener;

    for (listener = server->listeners; listener; listener = listener->next) {
        sum = see(server, listener);
        counters_add(&total, &sum);
        tell_one(listener->settings.name, &sum);
    }
    for (listener = server->removed; listener; listener = listener->next) {
        sum = see(server, listener);
        counters_add(&total, &sum);
    }
    tell_one("total", &total);
    for (listener = server->listeners; listener; listener = listener->next) {
        const struct log_field fields[] = {
            LOG_TEXT("listener", listener->settings.name),
            LOG_TEXT("why", "its path was removed or replaced; reload to bind it again")};

        if (!listener_is_reachable(listener))
            log_answer("path-lost", fields, sizeof fields / sizeof fields[0]);
    }
}

static bool have_all_answered(const struct server *server)
{
    for (unsigned i = 0; i < server->crew.roster.count; i++)
        if (!crew_has_answered(&server->crew.roster.workers[i]))
            return false;
    return true;
}

void statistics_init(struct statistics *statistics, struct server *server)
{
    *statistics = (struct statistics){.server = server};
    server->crew.sum_up = sum_up;
}

void statistics_begin(struct statistics *statistics)
{
    statistics->wanted = true;
}

uint64_t statistics_continue(struct statistics *statistics, uint64_t now_ns)
{
    struct server *server = statistics->server;

    if (statistics->patience_ns &&
        (have_all_answered(server) || now_ns >= statistics->patience_ns)) {
        statistics->patience_ns = 0;
        tell(server);
    }
    if (!statistics->patience_ns && statistics->wanted && now_ns >= statistics->next_ns) {
        statistics->wanted = false;
        statistics->patience_ns = now_ns + PATIENCE_NS;
        statistics->next_ns = now_ns + APART_NS;
        crew_ask(&server->crew);
    }
    if (statistics->patience_ns)
        return statistics->patience_ns;
    return statistics->wanted ? statistics->next_ns : 0;
}

void statistics_finish(struct statistics *statistics)
{
    struct server *server = statistics->server;

    if (!statistics->patience_ns && !statistics->wanted)
        return;
    crew_ask(&server->crew);
    crew_park(&server->crew);
    crew_resume(&server->crew);
    tell(server);
}
