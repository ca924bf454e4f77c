/* SPDX-License-Identifier: ISC */
#include "server/listener.h"

#include "base/log.h"
#include "base/seam.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

/* Two endpoints that share a port number by chance are tried again, so often at most. */
enum { PORT_ATTEMPTS = 64 };

/* The port of ours that keeps an address from being bound, and how. A path that leads elsewhere
 * keeps nobody. */
static struct port *find_holder(const struct listener_site *site, const struct address *address,
                                enum address_overlap *overlap)
{
    struct listener *const lists[] = {site->opened, site->served};

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        for (struct listener *one = lists[i]; one; one = one->next)
            for (size_t j = 0; j < one->port_count; j++) {
                *overlap = address_overlap(&one->ports[j].address, address);
                if (*overlap != ADDRESS_APART && transport_is_reachable(&one->ports[j].socket))
                    return &one->ports[j];
            }
    return NULL;
}

static int refuse_overlap(const struct listener *listener, const struct port *holder,
                          const struct address *address, struct reason *why)
{
    char wanted[ADDRESS_TEXT_SIZE], held[ADDRESS_TEXT_SIZE];

    address_format(address, wanted, sizeof wanted);
    address_format(&holder->address, held, sizeof held);
    if (holder->listener->leaving)
        return reason_set(why, REASON_OTHER, EADDRINUSE,
                          "bind %.108s: this server's own listener %.108s still has %.108s; remove "
                          "it in one reload and add %.108s in the next",
                          wanted, holder->listener->text, held, listener->text);
    return listener_refuse_twice(listener->text, wanted, holder->listener->text, why);
}

int listener_refuse_twice(const char *text, const char *address, const char *other,
                          struct reason *why)
{
    return reason_set(why, REASON_USAGE, EADDRINUSE,
                      "%.140s: the listener %.140s already has the address %.140s; remove one of "
                      "the two",
                      text, other, address);
}

/* The sockets of an address that a leaving listener has: a descriptor of our own for each. */
static int share(struct listener *listener, struct port *holder, struct reason *why)
{
    struct listener *donor = holder->listener;

    if (listener_check(donor, &listener->settings, why) < 0)
        return -1;
    for (size_t i = 0; i < donor->port_count; i++) {
        struct port *port = &listener->ports[listener->port_count], *old = &donor->ports[i];

        if (address_overlap(&old->address, &holder->address) != ADDRESS_SAME)
            continue;
        *port = (struct port){.listener = listener,
                              .worker_index = old->worker_index,
                              .first = old->first,
                              .address = old->address,
                              .socket.is_inherited = old->socket.is_inherited,
                              .donor = old};
        port->socket.fd = fcntl(old->socket.fd, F_DUPFD_CLOEXEC, 0);
        if (port->socket.fd < 0)
            return reason_errno(why, errno, "share %.120s", listener->text);
        listener->port_count++;
    }
    return 0;
}

unsigned listener_port_count(const struct settings_listener *settings, unsigned worker_count)
{
    return transport_shares_port(&settings->endpoint) ? worker_count : 1;
}

/* The sockets of one address: one for each worker where they can share it. */
static int open_address(struct listener *listener, const struct address *wanted,
                        const struct listener_site *site, unsigned number,
                        struct listen_options options, struct reason *why)
{
    struct address address = *wanted;
    enum address_overlap overlap;
    struct port *holder = find_holder(site, wanted, &overlap);
    unsigned count = listener_port_count(&listener->settings, listener->worker_count);
    bool shares = count > 1;

    if (holder)
        return overlap == ADDRESS_SAME && holder->listener->leaving
                   ? share(listener, holder, why)
                   : refuse_overlap(listener, holder, wanted, why);
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
static int open_all(struct listener *listener, const struct names *names,
                    const struct listener_site *site, unsigned number,
                    const struct listen_options *options, bool *collided, struct reason *why)
{
    const struct address *list = names->addresses;
    size_t count = names->address_count;
    bool picks = address_has_port(&list[0]) && address_port(&list[0]) == 0;
    unsigned picked = 0;

    *collided = false;
    for (size_t i = 0; i < count; i++) {
        struct address address = list[i];

        if (picks)
            address_set_port(&address, picked);
        if (open_address(listener, &address, site, number, *options, why) == 0) {
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

static bool are_local(const struct port *ports, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!address_is_local(&ports[i].address))
            return false;
    return true;
}

struct listener *listener_open(const struct settings_listener *settings, const struct names *names,
                               const struct listener_site *site, unsigned number,
                               struct reason *why)
{
    unsigned traits = endpoint_traits(&settings->endpoint);
    struct listen_options options = {.backlog = (int)settings->backlog,
                                     .mode = settings->mode,
                                     .owner = names->owner,
                                     .group = names->group,
                                     .inherited = (traits & ENDPOINT_IS_INHERITED) != 0,
                                     .locks = site->locks,
                                     .nodelay = settings->nodelay,
                                     .keepalive = settings->keepalive};
    struct listener *listener = seam_allocate(sizeof *listener);
    unsigned worker_count = site->worker_count;
    bool collided;

    if (!listener)
        goto no_memory;
    listener->service = site->service;
    listener->worker_count = worker_count;
    if (settings_copy_listener(&listener->settings, settings, why) < 0)
        goto no_memory;
    endpoint_format(&settings->endpoint, listener->text, sizeof listener->text);
    listener->ports = calloc(names->address_count * worker_count, sizeof *listener->ports);
    listener->counters =
        aligned_alloc(_Alignof(struct counters), 3ul * worker_count * sizeof *listener->counters);
    if (!listener->ports || !listener->counters)
        goto no_memory;
    memset(listener->counters, 0, 3ul * worker_count * sizeof *listener->counters);
    listener->sums = listener->counters + worker_count;
    listener->seen = listener->sums + worker_count;
    for (int attempt = 0;; attempt++) {
        if (open_all(listener, names, site, number, &options, &collided, why) == 0) {
            listener->is_local = are_local(listener->ports, listener->port_count);
            return listener;
        }
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

void listener_take_over(struct listener *listener)
{
    for (size_t i = 0; i < listener->port_count; i++) {
        struct port *port = &listener->ports[i], *donor = port->donor;
        int fd = port->socket.fd;

        if (!donor)
            continue;
        port->socket = donor->socket;
        port->socket.fd = fd;
        donor->socket.path[0] = '\0';
        donor->handed_over = true;
        port->donor = NULL;
        /* As in listener_update. */
        if (!port->socket.is_inherited)
            (void)seam_listen(fd, (int)listener->settings.backlog);
    }
}

struct listener *listener_find(struct listener *list, const struct endpoint *endpoint)
{
    while (list && endpoint_compare(&list->settings.endpoint, endpoint) != 0)
        list = list->next;
    return list;
}

bool listener_is_reachable(const struct listener *listener)
{
    for (size_t i = 0; i < listener->port_count; i++)
        if (!transport_is_reachable(&listener->ports[i].socket))
            return false;
    return true;
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
    settings_release_listener(&listener->settings);
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
    return settings_check_listener_change(&listener->settings, settings, why);
}

void listener_update(struct listener *listener, const struct settings_listener *settings)
{
    struct settings_listener fresh;

    if (settings_copy_listener(&fresh, settings, NULL) < 0)
        return;
    /* listen(2) on a listening socket sets a new backlog and cannot fail for another reason. */
    for (size_t i = 0; fresh.backlog != listener->settings.backlog && i < listener->port_count; i++)
        if (!listener->ports[i].socket.is_inherited)
            (void)seam_listen(listener->ports[i].socket.fd, (int)fresh.backlog);
    settings_release_listener(&listener->settings);
    listener->settings = fresh;
}
