/* SPDX-License-Identifier: ISC */
#include "server/server.h"

#include "base/clock.h"
#include "base/inherited.h"
#include "base/log.h"
#include "base/owner.h"
#include "base/text.h"
#include "server/check.h"
#include "server/parent.h"
#include "server/statistics.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    WORKERS_DEFAULT_MAX = 4,
    PIPES_MAX = 64 /* of 512 KiB: half of the 16384 pages that a user may have by default */
};

static struct server *server_of(struct loop_source *source)
{
    return OWNER(source, struct server, signals);
}

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

/* Gives every worker what the settings say of time, and the log its level. Parked or not started.
 */
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
    log_set_level(settings->log.level);
}

void server_tell_skipped(const struct settings_listener *listener, const struct reason *why)
{
    LOG(LOG_LEVEL_WARNING, "listener-skipped", LOG_TEXT("listener", listener->name),
        LOG_TEXT("why", why->text));
}

static int look_up_names(const struct settings *settings, struct names *names, struct reason *why)
{
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

/* Waits for other servers that start, while a signal or the parent's end still ends us. */
static void take_locks(const struct server *server, struct locks *locks)
{
    uint64_t patience_ns = clock_now_ns() + LOCKS_PATIENCE_NS;

    while (!server_lock(server, &server->settings, patience_ns, locks))
        poll(NULL, 0, LOCKS_RETRY_MS);
}

static int open_listeners(struct server *server, const struct names *names,
                          const struct locks *locks, struct reason *why)
{
    struct listener **end = &server->listeners;

    for (size_t i = 0; i < server->settings.listener_count; i++) {
        const struct settings_listener *wanted = &server->settings.listeners[i];
        const struct listener_site site = {
            .locks = locks, .served = server->listeners, .worker_count = server->worker_count};
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
        LOG(LOG_LEVEL_INFO, "socket", LOG_NUMBER("fd", (uint64_t)port->socket.fd),
            LOG_TEXT("family", address_family_name(address_family(&port->address))),
            LOG_TEXT("type", address_type_name(port->address.type)));
        LOG(LOG_LEVEL_INFO, "bind", LOG_NUMBER("fd", (uint64_t)port->socket.fd),
            LOG_ESCAPED("address", text));
        LOG(LOG_LEVEL_INFO, "listen", LOG_NUMBER("fd", (uint64_t)port->socket.fd),
            LOG_NUMBER("backlog", listener->settings.backlog));
    }
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

static int announce(struct server *server, struct reason *why)
{
    const int fds[] = {STDOUT_FILENO, server->options->ready_fd};

    /* What was done before comes before; a log that nobody reads delays the start by so much. */
    log_flush(NS_PER_S / 10);
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        size_t length;
        char *text;

        if (fds[i] < 0 || (i > 0 && fds[i] == STDOUT_FILENO))
            continue;
        text = announcement_text(server, i == 0 && isatty(STDOUT_FILENO), &length);
        if (!text)
            return reason_errno(why, ENOMEM, "announce the listeners");
        announcement_begin(&server->announcements[i], &server->loop, fds[i], text, length);
    }
    return 0;
}

static void handle_signal(struct server *server, uint32_t number)
{
    switch (number) {
    case SIGHUP:
        /* A drain has the last word. */
        if (server->drain.begun)
            LOG(LOG_LEVEL_NOTICE, "reload-ignored", LOG_TEXT("why", "the server is draining"));
        else
            reload_begin(server);
        break;
    case SIGUSR1:
        statistics_log(server);
        break;
    default:
        if (server->drain.begun)
            server->ended_by_force = true;
        else
            drain_begin(server);
    }
}

static void signals_ready(struct loop_source *source, unsigned events)
{
    struct server *server = server_of(source);
    struct signalfd_siginfo info;

    (void)events;
    while (read(source->fd, &info, sizeof info) == sizeof info)
        handle_signal(server, info.ssi_signo);
}

/* Signals become events of the main thread's loop; the workers never see one. */
static int take_signals(struct server *server, struct reason *why)
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
    server->signals.ready = signals_ready;
    server->signals.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (server->signals.fd < 0)
        return reason_errno(why, errno, "signalfd");
    status = loop_watch(&server->loop, &server->signals, LOOP_READ);
    return status < 0 ? reason_errno(why, -status, "epoll_ctl") : 0;
}

static void parent_ready(struct loop_source *source, unsigned events)
{
    struct server *server = OWNER(source, struct server, parent);

    (void)events;
    loop_forget(&server->loop, source);
    LOG(LOG_LEVEL_NOTICE, "parent-ended", LOG_TEXT("why", "--exit-with-parent"));
    if (!server->drain.begun)
        drain_begin(server);
}

static int watch_parent(struct server *server, struct reason *why)
{
    int status;

    server->parent = (struct loop_source){.ready = parent_ready, .fd = server->options->parent_fd};
    status = server->parent.fd < 0 ? 0 : loop_watch(&server->loop, &server->parent, LOOP_READ);
    return status < 0 ? reason_errno(why, -status, "epoll_ctl") : 0;
}

/* Everything that may take its time, then the signals, then the sockets. */
static int bind_listeners(struct server *server, struct reason *why)
{
    struct names *names = calloc(server->settings.listener_count, sizeof *names);
    struct locks locks = {0};
    int status = -1;

    if (!names)
        return reason_errno(why, ENOMEM, "listeners");
    signal(SIGPIPE, SIG_IGN); /* from here on the log writes, and its reader may have ended */
    if (look_up_names(&server->settings, names, why) < 0)
        goto out;
    take_locks(server, &locks);
    if (take_signals(server, why) == 0)
        status = open_listeners(server, names, &locks, why);
    locks_release(&locks);
out:
    free(names);
    return status;
}

static int start(struct server *server, struct reason *why)
{
    const struct settings *settings = &server->settings;
    unsigned capacity = 0, pipes = 0;

    server->worker_count = server_worker_count(settings);
    if (loop_init(&server->loop, why) < 0 || watch_parent(server, why) < 0)
        return -1;
    if (bind_listeners(server, why) < 0 || share_descriptors(server, &capacity, &pipes, why) < 0)
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
    if (geteuid() == 0 && !*settings->user)
        LOG(LOG_LEVEL_WARNING, "running-as-root",
            LOG_TEXT("why", "start echo-server as another user where you can"));
    return crew_start(&server->crew, why) < 0 ? -1 : announce(server, why);
}

static bool is_deserted(const struct server *server)
{
    for (const struct listener *one = server->listeners; one; one = one->next)
        for (size_t i = 0; i < one->port_count; i++)
            if (!__atomic_load_n(&one->ports[i].broken, __ATOMIC_ACQUIRE))
                return false;
    return true;
}

static void serve(struct server *server)
{
    while (!server->ended_by_force) {
        uint64_t now_ns = clock_now_ns();
        uint64_t next_ns;
        int status;

        if (!server->drain.begun && is_deserted(server)) {
            LOG(LOG_LEVEL_ERROR, "no-listener-left",
                LOG_TEXT("why", "accept fails on every one of them"));
            server->deserted = true;
            drain_begin(server);
        }
        next_ns = clock_earlier_ns(drain_continue(server, now_ns), reload_continue(server, now_ns));
        if (drain_finished(server))
            break;
        status = loop_turn(&server->loop, clock_poll_ms(now_ns, next_ns));
        if (status < 0) {
            LOG(LOG_LEVEL_ERROR, "loop-broken", LOG_TEXT("why", strerror(-status)));
            server->ended_by_force = true;
        }
    }
    drain_tell(server, server->ended_by_force);
}

static void release(struct server *server)
{
    struct listener **lists[] = {&server->listeners, &server->removed};

    for (size_t i = 0; i < sizeof server->announcements / sizeof server->announcements[0]; i++)
        announcement_release(&server->announcements[i]);
    reload_release(&server->reload);
    if (server->crew_ready)
        crew_release(&server->crew);
    for (size_t i = 0; i < 2; i++)
        while (*lists[i]) {
            struct listener *next = (*lists[i])->next;

            listener_destroy(*lists[i]);
            *lists[i] = next;
        }
    if (server->signals.fd >= 0)
        close(server->signals.fd);
    loop_release(&server->loop);
    settings_release(&server->settings);
}

int server_run(struct settings *settings, const struct server_options *options, struct reason *why)
{
    struct server server = {.settings = *settings,
                            .options = options,
                            .signals.fd = -1,
                            .loop = {.fd = -1, .wake_fd = -1}};
    struct log_options log = {.level = settings->log.level,
                              .target = settings->log.target,
                              .format = settings->log.format,
                              .facility = settings->log.facility,
                              .program = "echo-server"};
    int status = EXIT_LOCAL;

    *settings = (struct settings){0};
    if (log_start(&log, why) < 0) {
        settings_release(&server.settings);
        return EXIT_LOCAL;
    }
    if (start(&server, why) == 0) {
        serve(&server);
        if (server.ended_by_force)
            status = EXIT_MISSING;
        else if (!server.deserted)
            status = EXIT_EXACT;
    }
    release(&server);
    log_stop(NS_PER_S / 2);
    return status;
}
