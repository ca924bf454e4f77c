/* SPDX-License-Identifier: ISC */
#include "server/reload.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/owner.h"
#include "server/check.h"
#include "server/drain.h"
#include "server/server.h"

#include <stdlib.h>
#include <string.h>

static void complain_to_log(void *context, const char *sentence)
{
    (void)context;
    LOG(LOG_LEVEL_ERROR, "reload-error", LOG_TEXT("why", sentence));
}

static bool keeps(const void *context, const struct settings_listener *wanted)
{
    const struct server *server = context;

    const struct listener *known = listener_find(server->listeners, &wanted->endpoint);

    return known && listener_is_reachable(known);
}

/* Opens one that is not open yet; its names were looked up in the child. */
static struct listener *open_one(const struct reload *reload, size_t index,
                                 const struct settings_listener *wanted,
                                 const struct trial_listener *found, struct listener *opened,
                                 struct reason *why)
{
    const struct listener_site site = {.service = reload->server->service_of(wanted),
                                       .locks = &reload->locks,
                                       .served = reload->server->listeners,
                                       .opened = opened,
                                       .worker_count = reload->server->worker_count};

    if (!found) {
        reason_set(why, REASON_TIMEOUT, 0, "%.120s: no answer from the name service within 10 s",
                   wanted->name);
        return NULL;
    }
    if (found->names.address_count == 0) {
        *why = found->why;
        return NULL;
    }
    return listener_open(wanted, &found->names, &site, (unsigned)index, why);
}

static void mark_leaving(const struct server *server, const struct settings *new)
{
    for (struct listener *one = server->listeners; one; one = one->next)
        one->leaving = true;
    for (size_t i = 0; i < new->listener_count; i++) {
        struct listener *kept = listener_find(server->listeners, &new->listeners[i].endpoint);

        if (kept)
            kept->leaving = false;
    }
}

/* The listener that stays for these settings; NULL: one has to be opened. Whose path is lost,
 * leaves: no new client can come to it. */
static struct listener *find_staying(const struct server *server,
                                     const struct settings_listener *wanted,
                                     const struct trial_listener *found)
{
    struct listener *known = listener_find(server->listeners, &wanted->endpoint);

    if (!known || !found || found->kept || listener_is_reachable(known))
        return known;
    LOG(LOG_LEVEL_WARNING, "path-lost", LOG_TEXT("listener", known->settings.name),
        LOG_TEXT("why", "its path was removed or replaced; binding it again"));
    known->leaving = true;
    return NULL;
}

/* Binds the listeners that are new; checks those that stay. On failure *opened holds what to undo.
 */
static int open_new(const struct reload *reload, const struct settings *new,
                    struct listener **opened, struct reason *why)
{
    struct server *server = reload->server;
    bool any = false;

    mark_leaving(server, new);
    for (size_t i = 0; i < new->listener_count; i++) {
        const struct settings_listener *wanted = &new->listeners[i];
        const struct trial_listener *found = trial_find(&reload->child.trial, i);
        struct listener *listener = find_staying(server, wanted, found);

        if (listener) {
            if (listener_check(listener, wanted, why) < 0)
                return -1;
            any = true;
            continue;
        }
        if (found && check_root(new, wanted, &found->names, why) < 0)
            return -1;
        listener = open_one(reload, i, wanted, found, *opened, why);
        if (!listener && !wanted->optional)
            return -1;
        if (!listener) {
            server_tell_skipped(wanted, why);
            continue;
        }
        listener->next = *opened;
        *opened = listener;
        any = true;
    }
    if (!any)
        return reason_set(why, REASON_USAGE, 0, "no listener could be opened");
    return 0;
}

static void destroy_all(struct listener *list)
{
    while (list) {
        struct listener *next = list->next;

        listener_destroy(list);
        list = next;
    }
}

/* Listeners that were removed earlier go once their last connection is gone. */
static void sweep(struct server *server)
{
    struct listener **link = &server->removed;

    while (*link) {
        struct listener *listener = *link;

        if (listener_active(listener) > 0) {
            link = &listener->next;
            continue;
        }
        *link = listener->next;
        for (unsigned i = 0; i < listener->worker_count; i++)
            counters_add(&server->gone, &listener->counters[i]);
        listener_destroy(listener);
    }
}

/* Serves who is queued already: that client came in time. */
static void remove_listener(struct server *server, struct listener *listener)
{
    unsigned count = 0;

    if (!drain_listener(server, listener, &count))
        LOG(LOG_LEVEL_WARNING, "backlog-lost", LOG_TEXT("listener", listener->settings.name),
            LOG_TEXT("why", "no descriptors for its waiting clients"));
    listener_close_ports(listener);
    listener->next = server->removed;
    server->removed = listener;
}

/* Those that are left of the old order. Their paths go while the crew runs and clients are still
 * accepted: the file system may take its time. */
static void remove_all(struct server *server, struct listener *list)
{
    struct listener *next;

    if (!list)
        return;
    for (struct listener *one = list; one; one = one->next)
        listener_remove_paths(one);
    crew_park(&server->crew);
    for (; list; list = next) {
        next = list->next;
        remove_listener(server, list);
    }
    crew_resume(&server->crew);
}

/* Workers are parked and nothing can fail any more: the new order of listeners, kept and opened.
 * Returns what is left of the old one. */
static struct listener *swap(struct server *server, struct settings *new, struct listener *opened)
{
    struct listener *old = server->listeners, **end = &server->listeners;

    for (size_t i = 0; i < new->listener_count; i++) {
        struct listener *listener = NULL;

        for (int list = 0; list < 2 && !listener; list++) {
            struct listener **link = list == 0 ? &opened : &old;

            while (*link &&
                   endpoint_compare(&(*link)->settings.endpoint, &new->listeners[i].endpoint) != 0)
                link = &(*link)->next;
            listener = *link;
            if (listener)
                *link = listener->next;
        }
        if (!listener) /* optional, and not to be had */
            continue;
        listener_update(listener, &new->listeners[i]);
        listener_take_over(listener);
        *end = listener;
        end = &listener->next;
    }
    *end = NULL;
    settings_release(&server->settings);
    server->settings = *new;
    return old;
}

/* Workers are parked: all that can still fail, each part undone when a later one does. */
static int commit(struct server *server, const struct settings *new, struct listener *opened,
                  struct reason *why)
{
    struct listener *listener;

    for (listener = opened; listener; listener = listener->next)
        if (crew_watch(&server->crew, listener, why) < 0)
            goto unwatch;
    if (admission_configure(&server->crew.roster.admission, new, why) < 0)
        goto unwatch;
    if (crew_set_buffer(&server->crew, new->buffer, why) == 0)
        return 0;
    /* The old limits have their table already. */
    if (admission_configure(&server->crew.roster.admission, &server->settings, NULL) < 0)
        abort();
unwatch:
    for (listener = opened; listener; listener = listener->next)
        crew_unwatch(&server->crew, listener);
    return -1;
}

/* All of the new order, or nothing. *new is taken over on success. */
static int apply(const struct reload *reload, struct settings *new, struct reason *why)
{
    struct server *server = reload->server;
    struct listener *opened = NULL, *left = NULL, *listener;
    int status;

    if (settings_check_change(&server->settings, new, why) < 0 ||
        open_new(reload, new, &opened, why) < 0) {
        destroy_all(opened);
        return -1;
    }
    for (listener = opened; listener; listener = listener->next)
        server_tell_listener(listener);

    crew_park(&server->crew);
    sweep(server);
    status = commit(server, new, opened, why);
    if (status == 0) {
        left = swap(server, new, opened);
        server_apply_limits(server);
    }
    crew_resume(&server->crew);
    if (status < 0)
        destroy_all(opened);
    remove_all(server, left);
    return status;
}

void reload_release(struct reload *reload)
{
    child_release(&reload->child);
    locks_release(&reload->locks);
    settings_release(&reload->settings);
    *reload = (struct reload){.server = reload->server, .source = reload->source};
}

static unsigned count_listeners(const struct listener *list)
{
    unsigned count = 0;

    for (; list; list = list->next)
        count++;
    return count;
}

static void end_reload(struct reload *reload, int status, const struct reason *why)
{
    const struct server *server = reload->server;
    bool again = reload->again;

    reload_release(reload);
    if (status < 0) {
        LOG(LOG_LEVEL_ERROR, "reload-refused", LOG_TEXT("why", why->text));
    } else {
        server_tell_lowered(server->settings.limits.connections,
                            server->crew.roster.admission.capacity);
        LOG(LOG_LEVEL_NOTICE, "reloaded",
            LOG_NUMBER("listeners", count_listeners(server->listeners)));
    }
    if (again)
        reload_begin(reload);
}

/* Once no other server is starting in the directories of the new listeners, or has taken too long.
 */
static void try_to_apply(struct reload *reload, uint64_t now_ns)
{
    struct reason why = {0};
    int status;

    if (!server_lock(reload->server, &reload->settings, reload->patience_ns, &reload->locks)) {
        reload->retry_ns = now_ns + LOCKS_RETRY_MS * NS_PER_MS;
        return;
    }
    status = apply(reload, &reload->settings, &why);
    if (status == 0)
        reload->settings = (struct settings){0};
    end_reload(reload, status, &why);
}

static void child_ended(struct child *child)
{
    struct reload *reload = OWNER(child, struct reload, child);
    const struct trial_source *source = reload->source;
    uint64_t now_ns = clock_now_ns();
    struct reason why = {0};
    int status = child_result(child, &why);

    if (status == 0) {
        status = source->load(source->context, child->trial.text, &reload->settings,
                              complain_to_log, NULL);
        if (status < 0)
            reason_set(&why, REASON_USAGE, 0, "the settings are not valid");
    }
    if (status < 0) {
        end_reload(reload, status, &why);
        return;
    }
    reload->patience_ns = now_ns + LOCKS_PATIENCE_NS;
    try_to_apply(reload, now_ns);
}

void reload_begin(struct reload *reload)
{
    const struct trial_options options = {
        .source = reload->source, .keeps = keeps, .keeps_context = reload->server};
    struct reason why;

    if (reload->running) {
        reload->again = true;
        return;
    }
    reload->running = true;
    if (child_begin(&reload->child, &reload->server->loop, &options, complain_to_log, child_ended,
                    &why) < 0)
        end_reload(reload, -1, &why);
}

uint64_t reload_continue(struct reload *reload, uint64_t now_ns)
{
    uint64_t limit_ns;

    if (reload->retry_ns && now_ns >= reload->retry_ns)
        try_to_apply(reload, now_ns);
    limit_ns = child_continue(&reload->child, now_ns);
    return limit_ns ? limit_ns : reload->retry_ns;
}

void reload_abandon(struct reload *reload)
{
    if (reload->running)
        LOG(LOG_LEVEL_NOTICE, "reload-ignored", LOG_TEXT("why", "the server is draining"));
    reload_release(reload);
}
