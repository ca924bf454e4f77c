/* SPDX-License-Identifier: ISC */
#include "server/lifecycle.h"

#include "base/clock.h"
#include "base/inherited.h"
#include "base/log.h"
#include "base/owner.h"
#include "base/text.h"
#include "server/drain.h"
#include "server/process/announcement.h"
#include "server/process/parent.h"
#include "server/server.h"
#include "server/services.h"
#include "server/statistics.h"
#include "transport/transport_inherited.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct lifecycle {
    struct server server;
    const struct lifecycle_options *options;
    struct loop_source signals, parent;
    struct announcement announcements[2]; /* standard output, the ready descriptor */
    struct drain drain;
    struct reload reload;
    struct statistics statistics;
    bool ended_by_force;
    bool deserted; /* no port accepts any more, by our own bug: it drains and ends */
};

static int look_up_names(const struct settings *settings, struct names *names, struct reason *why)
{
    names_claim_inherited(settings);
    if (transport_inherited_check(why) < 0)
        return -1;
    for (size_t i = 0; i < settings->listener_count; i++) {
        if (names_look_up(&names[i], &settings->listeners[i], why) == 0)
            continue;
        if (!settings->listeners[i].optional)
            return -1;
        server_tell_skipped(&settings->listeners[i], why);
        names[i].address_count = 0;
    }
    return 0;
}

/* Waits for other servers that start, while a signal or the parent's end still ends us. */
static void take_locks(const struct server *server, struct locks *locks)
{
    uint64_t patience_ns = clock_now_ns() + LOCKS_PATIENCE_NS;

    while (!server_lock(server, &server->settings, patience_ns, locks))
        poll(NULL, 0, LOCKS_RETRY_MS);
}

/* The contract of standard output: one line for each address, then "ready". The caller frees. */
static char *announcement_text(const struct server *server, bool for_a_person, size_t *length)
{
    char text[ADDRESS_TEXT_SIZE], word[4 * ADDRESS_TEXT_SIZE], *all = NULL;
    FILE *out = open_memstream(&all, length);

    if (!out)
        return NULL;
    for (const struct listener *one = server->listeners; one; one = one->next)
        for (size_t i = 0; i < one->port_count; i++)
            if (one->ports[i].first)
                fprintf(out, "listening %s\n",
                        address_format(&one->ports[i].address, text, sizeof text));
    fprintf(out, "ready\n");
    if (for_a_person && server->listeners)
        fprintf(out, "try: echo-client %s hello\n",
                text_quote_word(
                    word, sizeof word,
                    address_format(&server->listeners->ports[0].address, text, sizeof text)));
    if (fclose(out) == 0)
        return all;
    free(all);
    return NULL;
}

static int announce(struct lifecycle *lifecycle, struct reason *why)
{
    const int fds[] = {STDOUT_FILENO, lifecycle->options->ready_fd};

    /* What was done before comes before; a log that nobody reads delays the start by so much. */
    log_flush(NS_PER_S / 10);
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        size_t length;
        char *text;

        if (fds[i] < 0 || (i > 0 && fds[i] == STDOUT_FILENO))
            continue;
        text = announcement_text(&lifecycle->server, i == 0 && isatty(STDOUT_FILENO), &length);
        if (!text)
            return reason_errno(why, ENOMEM, "announce the listeners");
        announcement_begin(&lifecycle->announcements[i], &lifecycle->server.loop, fds[i], text,
                           length);
    }
    return 0;
}

static void begin_drain(struct lifecycle *lifecycle)
{
    reload_abandon(&lifecycle->reload);
    drain_begin(&lifecycle->drain, &lifecycle->server);
}

static void handle_signal(struct lifecycle *lifecycle, uint32_t number)
{
    switch (number) {
    case SIGHUP:
        /* A drain has the last word. */
        if (lifecycle->drain.begun)
            LOG(LOG_LEVEL_NOTICE, "reload-ignored", LOG_TEXT("why", "the server is draining"));
        else
            reload_begin(&lifecycle->reload);
        break;
    case SIGUSR1:
        statistics_begin(&lifecycle->statistics);
        break;
    default:
        if (lifecycle->drain.begun)
            lifecycle->ended_by_force = true;
        else
            begin_drain(lifecycle);
    }
}

static void signals_ready(struct loop_source *source, unsigned events)
{
    struct lifecycle *lifecycle = OWNER(source, struct lifecycle, signals);
    struct signalfd_siginfo info;

    (void)events;
    while (read(source->fd, &info, sizeof info) == sizeof info)
        handle_signal(lifecycle, info.ssi_signo);
}

/* Signals become events of the main thread's loop; the workers never see one. */
static int take_signals(struct lifecycle *lifecycle, struct reason *why)
{
    static const int handled[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    sigset_t set;
    int status;

    parent_unguard();
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof handled / sizeof handled[0]; i++)
        if (!inherited_ignores(handled[i]))
            sigaddset(&set, handled[i]);
    signal(SIGCHLD, SIG_DFL);
    /* Replaces the inherited mask, which may block anything. */
    if (sigprocmask(SIG_SETMASK, &set, NULL) < 0)
        return reason_errno(why, errno, "sigprocmask");
    lifecycle->signals.ready = signals_ready;
    lifecycle->signals.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (lifecycle->signals.fd < 0)
        return reason_errno(why, errno, "signalfd");
    status = loop_watch(&lifecycle->server.loop, &lifecycle->signals, LOOP_READ);
    return status < 0 ? reason_errno(why, -status, "epoll_ctl") : 0;
}

static void parent_ready(struct loop_source *source, unsigned events)
{
    struct lifecycle *lifecycle = OWNER(source, struct lifecycle, parent);

    (void)events;
    loop_forget(&lifecycle->server.loop, source);
    LOG(LOG_LEVEL_NOTICE, "parent-ended", LOG_TEXT("why", "--exit-with-parent"));
    if (!lifecycle->drain.begun)
        begin_drain(lifecycle);
}

static int watch_parent(struct lifecycle *lifecycle, struct reason *why)
{
    struct loop_source *parent = &lifecycle->parent;
    int status;

    *parent = (struct loop_source){.ready = parent_ready, .fd = lifecycle->options->parent_fd};
    status = parent->fd < 0 ? 0 : loop_watch(&lifecycle->server.loop, parent, LOOP_READ);
    return status < 0 ? reason_errno(why, -status, "epoll_ctl") : 0;
}

/* Everything that may take its time, then the signals, then the sockets. */
static int bind_listeners(struct lifecycle *lifecycle, struct reason *why)
{
    struct server *server = &lifecycle->server;
    struct names *names = calloc(server->settings.listener_count, sizeof *names);
    struct locks locks = {0};
    int status = -1;

    if (!names)
        return reason_errno(why, ENOMEM, "listeners");
    signal(SIGPIPE, SIG_IGN); /* from here on the log writes, and its reader may have ended */
    if (look_up_names(&server->settings, names, why) < 0)
        goto out;
    take_locks(server, &locks);
    if (take_signals(lifecycle, why) == 0)
        status = server_open_listeners(server, names, &locks, why);
    locks_release(&locks);
out:
    free(names);
    return status;
}

static int start(struct lifecycle *lifecycle, struct reason *why)
{
    struct server *server = &lifecycle->server;

    if (loop_init(&server->loop, why) < 0 || watch_parent(lifecycle, why) < 0 ||
        bind_listeners(lifecycle, why) < 0 || server_prepare(server, why) < 0)
        return -1;
    statistics_init(&lifecycle->statistics, server);
    if (geteuid() == 0 && !*server->settings.user)
        LOG(LOG_LEVEL_WARNING, "running-as-root",
            LOG_TEXT("why", "start echo-server as another user where you can"));
    return crew_start(&server->crew, why) < 0 ? -1 : announce(lifecycle, why);
}

static void serve(struct lifecycle *lifecycle)
{
    struct server *server = &lifecycle->server;
    struct drain *drain = &lifecycle->drain;

    while (!lifecycle->ended_by_force) {
        uint64_t now_ns = clock_now_ns();
        uint64_t next_ns;
        int status;

        if (!drain->begun && server_is_deserted(server)) {
            LOG(LOG_LEVEL_ERROR, "no-listener-left",
                LOG_TEXT("why", "accept fails on every one of them"));
            lifecycle->deserted = true;
            begin_drain(lifecycle);
        }
        next_ns = clock_earlier_ns(drain_continue(drain, server, now_ns),
                                   reload_continue(&lifecycle->reload, now_ns));
        next_ns = clock_earlier_ns(next_ns, statistics_continue(&lifecycle->statistics, now_ns));
        if (drain_finished(drain, server))
            break;
        status = loop_turn(&server->loop, clock_poll_ms(now_ns, next_ns));
        if (status < 0) {
            LOG(LOG_LEVEL_ERROR, "loop-broken", LOG_TEXT("why", strerror(-status)));
            lifecycle->ended_by_force = true;
        }
    }
    statistics_finish(&lifecycle->statistics);
    drain_tell(drain, server, lifecycle->ended_by_force);
}

static void release(struct lifecycle *lifecycle)
{
    for (size_t i = 0; i < sizeof lifecycle->announcements / sizeof lifecycle->announcements[0];
         i++)
        announcement_release(&lifecycle->announcements[i]);
    reload_release(&lifecycle->reload);
    if (lifecycle->signals.fd >= 0)
        close(lifecycle->signals.fd);
    server_release(&lifecycle->server);
}

int lifecycle_run(struct settings *settings, const struct lifecycle_options *options,
                  struct reason *why)
{
    struct lifecycle lifecycle = {
        .server = {.service_of = services_of,
                   .settings = *settings,
                   .worker_count = server_worker_count(settings),
                   .loop = {.fd = -1, .wake_fd = -1}},
        .options = options,
        .signals.fd = -1,
        .reload = {.server = &lifecycle.server, .source = &options->source},
    };
    struct log_options log = {.level = settings->log.level,
                              .target = settings->log.target,
                              .format = settings->log.format,
                              .facility = settings->log.facility,
                              .program = "echo-server"};
    int status = EXIT_LOCAL;

    *settings = (struct settings){0};
    if (log_start(&log, why) < 0) {
        settings_release(&lifecycle.server.settings);
        return EXIT_LOCAL;
    }
    if (start(&lifecycle, why) == 0) {
        serve(&lifecycle);
        if (lifecycle.ended_by_force)
            status = EXIT_MISSING;
        else if (!lifecycle.deserted)
            status = EXIT_EXACT;
    }
    release(&lifecycle);
    log_stop(NS_PER_S / 2);
    return status;
}
