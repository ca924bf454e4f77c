/* SPDX-License-Identifier: ISC */
#include "server/statistics.h"

#include "base/log.h"
#include "server/connection.h"
#include "server/server.h"

/* What a listener's connections have done so far, those that are open included. */
static void add_up(const struct server *server, const struct listener *listener,
                   struct counters *sum)
{
    for (unsigned i = 0; i < server->crew.roster.count; i++) {
        const struct connection *connection = server->crew.roster.workers[i].connections;

        counters_add(sum, &listener->counters[i]);
        for (; connection; connection = connection->next) {
            if (connection->listener != listener)
                continue;
            sum->received += connection->stream.echo.received;
            sum->returned += connection->stream.echo.returned;
            sum->half_closes += connection->stream.echo.ended;
            sum->stalls += connection->stream.stalls;
        }
    }
}

static void tell(const char *name, const struct counters *sum)
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

void statistics_log(struct server *server)
{
    struct counters total = server->gone;
    const struct listener *listener;

    crew_park(&server->crew);
    for (listener = server->listeners; listener; listener = listener->next) {
        struct counters sum = {0};

        add_up(server, listener, &sum);
        counters_add(&total, &sum);
        tell(listener->settings.name, &sum);
    }
    for (listener = server->removed; listener; listener = listener->next)
        add_up(server, listener, &total);
    crew_resume(&server->crew);
    tell("total", &total);
    for (listener = server->listeners; listener; listener = listener->next) {
        const struct log_field fields[] = {
            LOG_TEXT("listener", listener->settings.name),
            LOG_TEXT("why", "its path was removed or replaced; reload to bind it again")};

        if (!listener_is_reachable(listener))
            log_answer("path-lost", fields, sizeof fields / sizeof fields[0]);
    }
}
