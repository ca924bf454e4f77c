/* SPDX-License-Identifier: ISC */
#include "server/server.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/check.h"

#include <sched.h>
#include <stdatomic.h>

enum {
    WORKERS_DEFAULT_MAX = 4,
    PIPES_MAX = 64 /* of 512 KiB: half of the 16384 pages that a user may have by default */
};

static unsigned cpu_count(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof set, &set) < 0)
        return 1;
    return (unsigned)CPU_COUNT(&set);
}

unsigned server_worker_count(const struct settings *settings)
{
    unsigned count = settings->workers ? settings->workers : cpu_count();

    if (!settings->workers && count > WORKERS_DEFAULT_MAX)
        count = WORKERS_DEFAULT_MAX;
    return count ? count : 1;
}

void server_apply_limits(struct server *server)
{
    const struct settings *settings = &server->settings;

    for (unsigned i = 0; i < server->crew.roster.count; i++) {
        struct worker *worker = &server->crew.roster.workers[i];

        worker->limits = (struct worker_limits){
            .idle_ns = settings->limits.idle_ns,
            .write_ns = settings->limits.write_ns,
            .lifetime_ns = settings->limits.lifetime_ns,
            .linger_ns = settings->shutdown.linger_ns,
        };
        worker->busy_poll_ns = settings->busy_poll_ns;
        worker->turn_away = settings->limits.on_full == SETTINGS_CLOSE;
        worker->relay.trace = settings->log.level >= LOG_LEVEL_INFO;
    }
    server->crew.roster.server_name = settings->server_name;
    log_set_level(settings->log.level);
}

void server_tell_skipped(const struct settings_listener *listener, const struct reason *why)
{
    LOG(LOG_LEVEL_WARNING, "listener-skipped", LOG_TEXT("listener", listener->name),
        LOG_TEXT("why", why->text));
}

bool server_lock(const struct server *server, const struct settings *settings, uint64_t patience_ns,
                 struct locks *locks)
{
    bool all = true;

    for (size_t i = 0; i < settings->listener_count; i++) {
        const struct endpoint *endpoint = &settings->listeners[i].endpoint;
        const struct listener *known = listener_find(server->listeners, endpoint);

        if ((!known || !listener_is_reachable(known)) && locks_try(locks, endpoint) < 0)
            all = false;
    }
    if (all || clock_now_ns() >= patience_ns)
        return true;
    locks_release(locks);
    return false;
}

int server_open_listeners(struct server *server, const struct names *names,
                          const struct locks *locks, struct reason *why)
{
    struct listener **end = &server->listeners;

    for (size_t i = 0; i < server->settings.listener_count; i++) {
        const struct settings_listener *wanted = &server->settings.listeners[i];
        const struct listener_site site = {.service = server->service_of(wanted),
                                           .locks = locks,
                                           .served = server->listeners,
                                           .worker_count = server->worker_count};
        struct listener *listener;

        if (names[i].address_count == 0)
            continue;
        if (check_root(&server->settings, wanted, &names[i], why) < 0)
            return -1;
        listener = listener_open(wanted, &names[i], &site, (unsigned)i, why);
        if (listener) {
            *end = listener;
            end = &listener->next;
            continue;
        }
        if (!wanted->optional)
            return -1;
        server_tell_skipped(wanted, why);
    }
    if (!server->listeners)
        return reason_set(why, REASON_USAGE, 0, "no listener could be opened");
    return 0;
}

void server_tell_lowered(unsigned wanted, unsigned capacity)
{
    if (wanted > capacity)
        LOG(LOG_LEVEL_WARNING, "connections-lowered", LOG_NUMBER("from", wanted),
            LOG_NUMBER("to", capacity), LOG_TEXT("why", "descriptor limit"));
}

/* What the descriptor limit leaves for connections. */
static int share_descriptors(struct server *server, unsigned *capacity, unsigned *pipes,
                             struct reason *why)
{
    size_t port_count = 0;
    unsigned long left;

    for (const struct listener *one = server->listeners; one; one = one->next)
        port_count += one->port_count;
    if (check_descriptors(server->worker_count, port_count, &left, why) < 0)
        return -1;
    /* Two descriptors each, and never more than an eighth of what there is. */
    *pipes = left / 16 < PIPES_MAX ? (unsigned)(left / 16) : PIPES_MAX;
    left -= 2ul * *pipes;
    *capacity = left > 1000000 ? 1000000 : (unsigned)left;
    server_tell_lowered(server->settings.limits.connections, *capacity);
    return 0;
}

void server_tell_listener(const struct listener *listener)
{
    char text[ADDRESS_TEXT_SIZE];

    for (size_t i = 0; i < listener->port_count; i++) {
        const struct port *port = &listener->ports[i];

        if (!log_enabled(LOG_LEVEL_INFO))
            return;
        address_format(&port->address, text, sizeof text);
        if (port->donor) {
            LOG(LOG_LEVEL_INFO, "taken-over", LOG_NUMBER("fd", (uint64_t)port->socket.fd),
                LOG_ESCAPED("address", text), LOG_ESCAPED("from", port->donor->listener->text));
            continue;
        }
        if (port->socket.is_inherited) {
            LOG(LOG_LEVEL_INFO, "inherited", LOG_NUMBER("fd", (uint64_t)port->socket.fd),
                LOG_ESCAPED("address", text));
            continue;
        }
        LOG(LOG_LEVEL_INFO, "socket", LOG_NUMBER("fd", (uint64_t)port->socket.fd),
            LOG_TEXT("family", address_family_name(address_family(&port->address))),
            LOG_TEXT("type", address_type_name(port->address.type)));
        LOG(LOG_LEVEL_INFO, "bind", LOG_NUMBER("fd", (uint64_t)port->socket.fd),
            LOG_ESCAPED("address", text));
        LOG(LOG_LEVEL_INFO, "listen", LOG_NUMBER("fd", (uint64_t)port->socket.fd),
            LOG_NUMBER("backlog", listener->settings.backlog));
    }
}

int server_prepare(struct server *server, struct reason *why)
{
    const struct settings *settings = &server->settings;
    unsigned capacity = 0, pipes = 0;

    if (share_descriptors(server, &capacity, &pipes, why) < 0)
        return -1;
    server->crew_ready = true;
    if (crew_init(&server->crew, server->worker_count, settings->buffer, capacity, pipes,
                  &server->loop, why) < 0 ||
        admission_configure(&server->crew.roster.admission, settings, why) < 0)
        return -1;
    server_apply_limits(server);
    for (struct listener *one = server->listeners; one; one = one->next) {
        if (crew_watch(&server->crew, one, why) < 0)
            return -1;
        server_tell_listener(one);
    }
    return 0;
}

bool server_is_deserted(const struct server *server)
{
    for (const struct listener *one = server->listeners; one; one = one->next)
        for (size_t i = 0; i < one->port_count; i++)
            if (!atomic_load_explicit(&one->ports[i].broken, memory_order_acquire))
                return false;
    return true;
}

void server_release(struct server *server)
{
    struct listener **lists[] = {&server->listeners, &server->removed};

    if (server->crew_ready)
        crew_release(&server->crew);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        while (*lists[i]) {
            struct listener *next = (*lists[i])->next;

            listener_destroy(*lists[i]);
            *lists[i] = next;
        }
    loop_release(&server->loop);
    settings_release(&server->settings);
}
