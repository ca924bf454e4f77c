/* SPDX-License-Identifier: ISC */
#include "server/reload.h"

#include "base/clock.h"
#include "base/log.h"
#include "server/statistics.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK_LIMIT_NS (2 * NS_PER_S)

static void complain_to_pipe(void *context, const char *sentence)
{
    int fd = *(const int *)context;

    /* One write for each sentence: up to PIPE_BUF they do not mix, and the parent reads on. */
    dprintf(fd, "%s\n", sentence);
}

static void complain_to_log(void *context, const char *sentence)
{
    (void)context;
    LOG(LOG_LEVEL_ERROR, "reload-error", LOG_TEXT("why", sentence));
}

/* Logs the child's sentences, line by line, until it ends or its time is over. */
static void read_complaints(int fd, uint64_t deadline_ns)
{
    struct pollfd waits = {.fd = fd, .events = POLLIN};
    char text[4096];
    size_t length = 0;

    while (poll(&waits, 1, clock_poll_ms(clock_now_ns(), deadline_ns)) > 0) {
        ssize_t count = read(fd, text + length, sizeof text - 1 - length);
        char *start = text, *end;

        if (count <= 0)
            break;
        length += (size_t)count;
        text[length] = '\0';
        while ((end = strchr(start, '\n'))) {
            *end = '\0';
            complain_to_log(NULL, start);
            start = end + 1;
        }
        length -= (size_t)(start - text);
        if (length == sizeof text - 1)
            length = 0;
        memmove(text, start, length);
    }
}

/* libconfig can crash (out of memory, for one), so a file is first read where that harms nobody.
 * The child touches no lock that a worker may have held: it neither logs nor uses stdio's files. */
static int check_in_child(const struct server_options *options, struct reason *why)
{
    uint64_t deadline_ns = clock_now_ns() + CHECK_LIMIT_NS;
    int fds[2], status;
    pid_t child;

    if (pipe2(fds, O_CLOEXEC) < 0)
        return reason_errno(why, errno, "pipe");
    child = fork();
    if (child == 0) {
        struct settings settings;

        signal(SIGPIPE, SIG_IGN);
        if (options->load(options->context, &settings, complain_to_pipe, &fds[1]) == 0)
            _exit(EXIT_EXACT);
        _exit(EXIT_LOCAL);
    }
    close(fds[1]);
    if (child < 0) {
        reason_errno(why, errno, "fork");
        close(fds[0]);
        return -1;
    }
    read_complaints(fds[0], deadline_ns);
    close(fds[0]);
    if (clock_now_ns() >= deadline_ns)
        kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_EXACT)
        return 0;
    if (WIFEXITED(status))
        return reason_set(why, REASON_USAGE, 0, "the settings are not valid");
    return reason_set(why, REASON_OTHER, 0,
                      "reading the settings took too long or crashed (signal %d)",
                      WTERMSIG(status));
}

static int check_unchanged(const struct settings *old, const struct settings *new,
                           struct reason *why)
{
    const char *name = NULL;

    if (old->workers != new->workers)
        name = "workers";
    else if (old->log.target != new->log.target)
        name = "log.target";
    else if (old->log.format != new->log.format)
        name = "log.format";
    else if (old->log.facility != new->log.facility)
        name = "log.facility";
    else if (strcmp(old->user, new->user) != 0)
        name = "user";
    else if (strcmp(old->group, new->group) != 0)
        name = "group";
    else if (old->sandbox != new->sandbox)
        name = "sandbox";
    return name ? reason_set(why, REASON_USAGE, 0, "a change of %s needs a restart", name) : 0;
}

static struct listener *find(struct listener *list, const struct endpoint *endpoint)
{
    while (list && endpoint_compare(&list->settings.endpoint, endpoint) != 0)
        list = list->next;
    return list;
}

/* Binds the listeners that are new; checks those that stay. On failure *opened holds what to undo.
 */
static int open_new(struct server *server, const struct settings *new, struct listener **opened,
                    struct reason *why)
{
    bool any = false;

    for (size_t i = 0; i < new->listener_count; i++) {
        const struct settings_listener *wanted = &new->listeners[i];
        struct listener *kept = find(server->listeners, &wanted->endpoint);
        struct listener *listener;

        if (kept) {
            if (listener_check(kept, wanted, why) < 0)
                return -1;
            any = true;
            continue;
        }
        listener = listener_open(wanted, server->worker_count, (unsigned)i, why);
        if (!listener && !wanted->optional)
            return -1;
        if (!listener) {
            LOG(LOG_LEVEL_WARNING, "listener-skipped", LOG_TEXT("listener", wanted->name),
                LOG_TEXT("why", why->text));
            continue;
        }
        listener->next = *opened;
        *opened = listener;
        any = true;
    }
    if (!any)
        return reason_set(why, REASON_USAGE, 0, "no listener could be opened");
    return server_check_root(server, *opened, new, why);
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
            statistics_add(&server->gone, &listener->counters[i]);
        listener_destroy(listener);
    }
}

static void remove_listener(struct server *server, struct listener *listener)
{
    unsigned count = 0;

    /* Who is queued already came in time. */
    if (!drain_listener(server, listener, &count))
        LOG(LOG_LEVEL_WARNING, "backlog-lost", LOG_TEXT("listener", listener->settings.name),
            LOG_TEXT("why", "no descriptors for its waiting clients"));
    listener_close_ports(listener);
    listener->next = server->removed;
    server->removed = listener;
}

/* Workers are parked and nothing can fail any more: the new order of listeners, kept and opened. */
static void swap(struct server *server, struct settings *new, struct listener *opened)
{
    struct listener *old = server->listeners, **end = &server->listeners;

    for (size_t i = 0; i < new->listener_count; i++) {
        struct listener *listener = NULL;

        for (int list = 0; list < 2 && !listener; list++) {
            struct listener **link = list == 0 ? &old : &opened;

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
        *end = listener;
        end = &listener->next;
    }
    *end = NULL;
    while (old) {
        struct listener *next = old->next;

        remove_listener(server, old);
        old = next;
    }
    settings_release(&server->settings);
    server->settings = *new;
}

/* Workers are parked: all that can still fail, each part undone when a later one does. */
static int commit(struct server *server, const struct settings *new, struct listener *opened,
                  struct reason *why)
{
    struct listener *listener;

    for (listener = opened; listener; listener = listener->next)
        if (crew_watch(&server->crew, listener, why) < 0)
            goto unwatch;
    if (admission_configure(&server->crew.admission, new, why) < 0)
        goto unwatch;
    if (crew_set_buffer(&server->crew, new->buffer, why) == 0)
        return 0;
    /* The old limits have their table already. */
    if (admission_configure(&server->crew.admission, &server->settings, NULL) < 0)
        abort();
unwatch:
    for (listener = opened; listener; listener = listener->next)
        crew_unwatch(&server->crew, listener);
    return -1;
}

static int load_again(struct server *server, struct settings *new, struct reason *why)
{
    if (check_in_child(server->options, why) < 0)
        return -1;
    if (server->options->load(server->options->context, new, complain_to_log, NULL) < 0)
        return reason_set(why, REASON_USAGE, 0, "the settings are not valid");
    return 0;
}

void reload_settings(struct server *server)
{
    struct listener *opened = NULL, *listener;
    struct settings new;
    struct reason why = {0};
    int status;

    if (!server->options->has_file) {
        LOG(LOG_LEVEL_NOTICE, "reload-ignored", LOG_TEXT("why", "there is no settings file"));
        return;
    }
    if (load_again(server, &new, &why) < 0)
        goto refused;
    if (check_unchanged(&server->settings, &new, &why) < 0 ||
        open_new(server, &new, &opened, &why) < 0)
        goto release;
    for (listener = opened; listener; listener = listener->next)
        server_tell_listener(listener);

    crew_park(&server->crew);
    sweep(server);
    status = commit(server, &new, opened, &why);
    if (status == 0) {
        swap(server, &new, opened);
        server_apply_limits(server);
    }
    crew_resume(&server->crew);
    if (status == 0) {
        server_tell_lowered(server->settings.limits.connections, server->crew.admission.capacity);
        LOG(LOG_LEVEL_NOTICE, "reloaded", LOG_NUMBER("listeners", server->settings.listener_count));
        return;
    }
release:
    destroy_all(opened);
    settings_release(&new);
refused:
    LOG(LOG_LEVEL_ERROR, "reload-refused", LOG_TEXT("why", why.text));
}
