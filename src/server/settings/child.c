/* SPDX-License-Identifier: ISC */
#include "server/settings/child.h"

#include "base/clock.h"
#include "base/descriptors.h"
#include "base/log.h"
#include "base/owner.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_LIMIT_NS  (2 * NS_PER_S)
#define NAMES_LIMIT_NS (10 * NS_PER_S)

enum record_kind { RECORD_COMPLAINT, RECORD_TEXT, RECORD_LOADED, RECORD_LISTENER };

/* What the child sends; each arrives whole, because the socket keeps records apart. */
struct trial_record {
    enum record_kind kind;
    union {
        char sentence[4800]; /* or a part of the file's text */
        struct trial_listener listener;
    } content;
};

/* In the child. It touches no lock that a worker may have held: it neither logs nor uses stdio's
 * files. */
struct child {
    int fd;
    struct trial_record *record;
};

static void send_record(const struct child *child, enum record_kind kind)
{
    child->record->kind = kind;
    if (send(child->fd, child->record, sizeof *child->record, MSG_NOSIGNAL) < 0)
        _exit(EXIT_LOCAL);
}

static void complain_to_parent(void *context, const char *sentence)
{
    const struct child *child = context;

    snprintf(child->record->content.sentence, sizeof child->record->content.sentence, "%s",
             sentence);
    send_record(child, RECORD_COMPLAINT);
}

/* The parent makes its settings from the text that we have read: it must not wait for the file, and
 * the file may have changed by then. */
static void send_text(const struct child *child, const char *text)
{
    char *part = child->record->content.sentence;
    size_t length = text ? strlen(text) : 0, size = sizeof child->record->content.sentence - 1;

    for (bool more = text; more; more = length > 0) {
        size_t count = length < size ? length : size;

        memcpy(part, text, count);
        part[count] = '\0';
        send_record(child, RECORD_TEXT);
        text += count;
        length -= count;
    }
}

static void look_up(const struct child *child, const struct trial_options *options,
                    const struct settings_listener *settings, size_t index)
{
    struct trial_listener *listener = &child->record->content.listener;

    *listener = (struct trial_listener){.index = index};
    listener->kept = options->keeps(options->keeps_context, settings);
    if (!listener->kept && names_look_up(&listener->names, settings, &listener->why) < 0)
        listener->names.address_count = 0;
    send_record(child, RECORD_LISTENER);
}

static bool needs_service(const struct trial_options *options,
                          const struct settings_listener *settings)
{
    return names_may_block(settings) && !options->keeps(options->keeps_context, settings);
}

static _Noreturn void run_child(const struct trial_options *options, int fd)
{
    struct child child = {.fd = fd, .record = calloc(1, sizeof *child.record)};
    struct settings settings;
    struct reason why;
    char *text;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* A client's connection shall end when the server closes it, not when we do. */
    descriptors_close_others(fd);
    if (!child.record)
        _exit(EXIT_LOCAL);
    if (options->reread(options->settings_context, &text, &why) < 0) {
        complain_to_parent(&child, why.text);
        _exit(EXIT_LOCAL);
    }
    if (options->load(options->settings_context, text, &settings, complain_to_parent, &child) < 0)
        _exit(EXIT_LOCAL);
    send_text(&child, text);
    send_record(&child, RECORD_LOADED);
    /* A service that is silent shall keep nothing back that needs none. */
    for (int asking = 0; asking < 2; asking++)
        for (size_t i = 0; i < settings.listener_count; i++)
            if (needs_service(options, &settings.listeners[i]) == asking)
                look_up(&child, options, &settings.listeners[i], i);
    _exit(EXIT_EXACT);
}

/* In the parent. */

static void keep_listener(struct trial *trial, const struct trial_listener *listener)
{
    struct trial_listener *list =
        realloc(trial->listeners, (trial->count + 1) * sizeof *trial->listeners);

    if (!list) /* then it seems late, and is refused */
        return;
    trial->listeners = list;
    list[trial->count++] = *listener;
}

static void keep_text(struct trial *trial, const char *part)
{
    size_t count = strlen(part);
    char *text = trial->torn ? NULL : realloc(trial->text, trial->length + count + 1);

    if (!text) {
        trial->torn = true;
        return;
    }
    memcpy(text + trial->length, part, count + 1);
    trial->text = text;
    trial->length += count;
}

static void take_record(struct trial *trial)
{
    struct trial_record *record = trial->record;

    switch (record->kind) {
    case RECORD_COMPLAINT:
        LOG(LOG_LEVEL_ERROR, "reload-error", LOG_TEXT("why", record->content.sentence));
        break;
    case RECORD_TEXT:
        keep_text(trial, record->content.sentence);
        break;
    case RECORD_LOADED:
        trial->loaded = true;
        trial->deadline_ns = clock_now_ns() + NAMES_LIMIT_NS;
        break;
    case RECORD_LISTENER:
        keep_listener(trial, &record->content.listener);
        break;
    }
}

static void trial_ready(struct loop_source *source, unsigned events)
{
    struct trial *trial = OWNER(source, struct trial, source);
    ssize_t length;

    (void)events;
    while ((length = recv(source->fd, trial->record, sizeof *trial->record, MSG_DONTWAIT)) ==
           sizeof *trial->record)
        take_record(trial);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    loop_forget(trial->loop, source);
    close(source->fd);
    source->fd = -1;
    trial->deadline_ns = 0;
    trial->ended(trial);
}

int trial_begin(struct trial *trial, struct loop *loop, const struct trial_options *options,
                void (*ended)(struct trial *trial), struct reason *why)
{
    int fds[2], status;

    *trial = (struct trial){.loop = loop,
                            .ended = ended,
                            .source = {.ready = trial_ready, .fd = -1},
                            .record = calloc(1, sizeof *trial->record)};
    if (!trial->record)
        return reason_errno(why, ENOMEM, "read the settings");
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
        reason_errno(why, errno, "socketpair");
        goto failed;
    }
    trial->source.fd = fds[0];
    status = loop_watch(loop, &trial->source, LOOP_READ);
    trial->child = status < 0 ? -1 : fork();
    if (trial->child == 0)
        run_child(options, fds[1]);
    if (trial->child < 0)
        reason_errno(why, status < 0 ? -status : errno, status < 0 ? "epoll_ctl" : "fork");
    close(fds[1]);
    if (trial->child > 0) {
        trial->deadline_ns = clock_now_ns() + FILE_LIMIT_NS;
        return 0;
    }
failed:
    trial->child = 0;
    trial_release(trial);
    return -1;
}

uint64_t trial_continue(struct trial *trial, uint64_t now_ns)
{
    if (!trial->deadline_ns || now_ns < trial->deadline_ns)
        return trial->deadline_ns;
    trial->late = true;
    trial->deadline_ns = 0;
    kill(trial->child, SIGKILL);
    return 0;
}

int trial_result(const struct trial *trial, struct reason *why)
{
    int status = 0;

    while (waitpid(trial->child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (trial->torn)
        return reason_errno(why, ENOMEM, "read the settings");
    if (trial->late && trial->loaded)
        return 0;
    if (trial->late)
        return reason_set(why, REASON_TIMEOUT, 0, "reading the settings took longer than %d s",
                          (int)(FILE_LIMIT_NS / NS_PER_S));
    if (WIFSIGNALED(status))
        return reason_set(why, REASON_OTHER, 0, "reading the settings crashed (signal %d)",
                          WTERMSIG(status));
    return WEXITSTATUS(status) == EXIT_EXACT
               ? 0
               : reason_set(why, REASON_USAGE, 0, "the settings are not valid");
}

const struct trial_listener *trial_find(const struct trial *trial, size_t index)
{
    for (size_t i = 0; i < trial->count; i++)
        if (trial->listeners[i].index == index)
            return &trial->listeners[i];
    return NULL;
}

void trial_release(struct trial *trial)
{
    if (trial->source.fd >= 0 && trial->loop) {
        /* Still running. The kernel takes it when it ends, because waiting for a process that a
         * file system holds up can take any time; what has ended already is for us to take. There
         * will be no other child: our own end is near. */
        if (trial->child > 0) {
            signal(SIGCHLD, SIG_IGN);
            kill(trial->child, SIGKILL);
            waitpid(trial->child, NULL, WNOHANG);
        }
        loop_forget(trial->loop, &trial->source);
        close(trial->source.fd);
    }
    free(trial->record);
    free(trial->listeners);
    free(trial->text);
    *trial = (struct trial){.source.fd = -1};
}
