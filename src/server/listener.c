/* SPDX-License-Identifier: ISC */
#include "server/listener.h"

#include "base/log.h"
#include "base/seam.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Two endpoints that share a port number by chance are tried again, so often at most. */
enum { PORT_ATTEMPTS = 64 };

/* The sockets of one address: one for each worker where they can share it. */
static int open_address(struct listener *listener, const struct address *wanted, unsigned number,
                        struct listen_options options, struct reason *why)
{
    struct address address = *wanted;
    bool shares = listener->settings.endpoint.kind == ENDPOINT_TCP && listener->worker_count > 1;
    unsigned count = shares ? listener->worker_count : 1;

    options.shared = shares;
    for (unsigned i = 0; i < count; i++) {
        struct port *port = &listener->ports[listener->port_count];
        int status;

        *port = (struct port){.listener = listener,
                              .worker_index = shares ? i : number % listener->worker_count,
                              .first = i == 0};
        options.join = i > 0;
        if (transport_listen(&port->socket, &address, &options, why) < 0)
            return -1;
        listener->port_count++;
        status = transport_local_address(port->socket.fd, &port->address);
        if (status < 0)
            return reason_errno(why, -status, "getsockname %s", listener->text);
        address_set_port(&address, address_port(&port->address));
    }
    return 0;
}

static bool lacks_address(const struct reason *why)
{
    return why->code == EADDRNOTAVAIL || why->code == EAFNOSUPPORT;
}

static void told_skipped(const struct listener *listener, const struct address *address,
                         const struct reason *why)
{
    char text[ADDRESS_TEXT_SIZE];

    LOG(LOG_LEVEL_WARNING, "address-skipped", LOG_ESCAPED("listener", listener->text),
        LOG_ESCAPED("address", address_format(address, text, sizeof text)),
        LOG_TEXT("why", why->text));
}

/* All addresses with one port. *collided says that the picked port is taken for a later address. */
static int open_all(struct listener *listener, const struct address *list, size_t count,
                    unsigned number, const struct listen_options *options, bool *collided,
                    struct reason *why)
{
    bool picks = listener->settings.endpoint.kind == ENDPOINT_TCP && address_port(&list[0]) == 0;
    unsigned picked = 0;

    *collided = false;
    for (size_t i = 0; i < count; i++) {
        struct address address = list[i];

        if (picks)
            address_set_port(&address, picked);
        if (open_address(listener, &address, number, *options, why) == 0) {
            picked = address_port(&listener->ports[listener->port_count - 1].address);
            continue;
        }
        if (lacks_address(why) && count > 1) {
            told_skipped(listener, &address, why);
            continue;
        }
        *collided = picks && picked && why->code == EADDRINUSE;
        return -1;
    }
    return listener->port_count ? 0 : -1;
}

static int copy_settings(struct settings_listener *copy, const struct settings_listener *settings)
{
    *copy = *settings;
    copy->name = strdup(settings->name);
    copy->owner = strdup(settings->owner);
    copy->group = strdup(settings->group);
    return copy->name && copy->owner && copy->group ? 0 : -1;
}

struct listener *listener_open(const struct settings_listener *settings, const struct names *names,
                               const struct locks *locks, unsigned worker_count, unsigned number,
                               struct reason *why)
{
    struct listen_options options = {.backlog = (int)settings->backlog,
                                     .mode = settings->mode,
                                     .owner = names->owner,
                                     .group = names->group,
                                     .locks = locks,
                                     .nodelay = settings->nodelay,
                                     .keepalive = settings->keepalive};
    struct listener *listener = seam_allocate(sizeof *listener);
    size_t count = names->address_count;
    bool collided;

    if (!listener)
        goto no_memory;
    listener->worker_count = worker_count;
    if (copy_settings(&listener->settings, settings) < 0)
        goto no_memory;
    endpoint_format(&settings->endpoint, listener->text, sizeof listener->text);
    listener->ports = calloc(count * worker_count, sizeof *listener->ports);
    listener->counters =
        aligned_alloc(_Alignof(struct counters), worker_count * sizeof *listener->counters);
    if (!listener->ports || !listener->counters)
        goto no_memory;
    memset(listener->counters, 0, worker_count * sizeof *listener->counters);
    for (int attempt = 0;; attempt++) {
        if (open_all(listener, names->addresses, count, number, &options, &collided, why) == 0)
            return listener;
        listener_close_ports(listener);
        if (!collided || attempt == PORT_ATTEMPTS)
            goto failed;
    }
no_memory:
    reason_errno(why, ENOMEM, "listener");
failed:
    if (listener)
        listener_destroy(listener);
    return NULL;
}

struct listener *listener_find(struct listener *list, const struct endpoint *endpoint)
{
    while (list && endpoint_compare(&list->settings.endpoint, endpoint) != 0)
        list = list->next;
    return list;
}

void listener_remove_paths(struct listener *listener)
{
    for (size_t i = 0; i < listener->port_count; i++)
        transport_remove_path(&listener->ports[i].socket);
}

void listener_close_port(struct port *port)
{
    if (port->socket.fd >= 0)
        LOG(LOG_LEVEL_INFO, "close", LOG_NUMBER("fd", (uint64_t)port->socket.fd));
    transport_unlisten(&port->socket);
}

void listener_close_ports(struct listener *listener)
{
    for (size_t i = 0; i < listener->port_count; i++)
        listener_close_port(&listener->ports[i]);
    listener->port_count = 0;
}

void listener_destroy(struct listener *listener)
{
    listener_close_ports(listener);
    free(listener->ports);
    free(listener->counters);
    free(listener->settings.name);
    free(listener->settings.owner);
    free(listener->settings.group);
    free(listener);
}

uint64_t listener_active(const struct listener *listener)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < listener->worker_count; i++)
        sum += listener->counters[i].active;
    return sum;
}

int listener_check(const struct listener *listener, const struct settings_listener *settings,
                   struct reason *why)
{
    const struct settings_listener *old = &listener->settings;

    if (old->mode != settings->mode || strcmp(old->owner, settings->owner) != 0 ||
        strcmp(old->group, settings->group) != 0 || old->nodelay != settings->nodelay ||
        old->keepalive != settings->keepalive)
        return reason_set(why, REASON_USAGE, 0,
                          "%s: another mode, owner, group, nodelay or keepalive of a listener that "
                          "is open needs a restart",
                          listener->text);
    return 0;
}

void listener_update(struct listener *listener, const struct settings_listener *settings)
{
    struct settings_listener *old = &listener->settings;
    char *name = strdup(settings->name);

    if (name) {
        free(old->name);
        old->name = name;
    }
    old->optional = settings->optional;
    /* listen(2) on a listening socket sets a new backlog and cannot fail for another reason. */
    for (size_t i = 0; old->backlog != settings->backlog && i < listener->port_count; i++)
        (void)seam_listen(listener->ports[i].socket.fd, (int)settings->backlog);
    old->backlog = settings->backlog;
}
