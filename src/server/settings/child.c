/* SPDX-License-Identifier: ISC */
#include "server/settings/child.h"

#include "base/clock.h"
#include "base/descriptors.h"
#include "base/owner.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_LIMIT_NS  (2 * NS_PER_S)
#define NAMES_LIMIT_NS (10 * NS_PER_S)

/* In the child. It touches no lock that a worker may have held: it neither logs nor uses stdio's
 * files. */

static void send_record(void *context, const struct trial_record *record)
{
    const int *fd = context;

    /* Each arrives whole, because the socket keeps records apart. */
    if (send(*fd, record, sizeof *record, MSG_NOSIGNAL) < 0)
        _exit(EXIT_LOCAL);
}

static _Noreturn void run_child(const struct trial_options *options, int fd)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* A client's connection shall end when the server closes it, not when we do. */
    descriptors_close_others(fd);
    _exit(trial_run(options, send_record, &fd) < 0 ? EXIT_LOCAL : EXIT_EXACT);
}

/* In the parent. */

static void take_record(struct child *child)
{
    trial_take(&child->trial, child->record);
    if (child->record->kind == TRIAL_LOADED)
        child->deadline_ns = clock_now_ns() + NAMES_LIMIT_NS;
}

static void child_ready(struct loop_source *source, unsigned events)
{
    struct child *child = OWNER(source, struct child, source);
    ssize_t length;

    (void)events;
    while ((length = recv(source->fd, child->record, sizeof *child->record, MSG_DONTWAIT)) ==
           sizeof *child->record)
        take_record(child);
    if (length < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    loop_forget(child->loop, source);
    close(source->fd);
    source->fd = -1;
    child->deadline_ns = 0;
    child->ended(child);
}

int child_begin(struct child *child, struct loop *loop, const struct trial_options *options,
                settings_complain *complain, void (*ended)(struct child *child), struct reason *why)
{
    int fds[2], status;

    *child = (struct child){.loop = loop,
                            .ended = ended,
                            .trial = {.complain = complain},
                            .source = {.ready = child_ready, .fd = -1},
                            .record = calloc(1, sizeof *child->record)};
    if (!child->record)
        return reason_errno(why, ENOMEM, "read the settings");
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
        reason_errno(why, errno, "socketpair");
        goto failed;
    }
    child->source.fd = fds[0];
    status = loop_watch(loop, &child->source, LOOP_READ);
    child->pid = status < 0 ? -1 : fork();
    if (child->pid == 0)
        run_child(options, fds[1]);
    if (child->pid < 0)
        reason_errno(why, status < 0 ? -status : errno, status < 0 ? "epoll_ctl" : "fork");
    close(fds[1]);
    if (child->pid > 0) {
        child->deadline_ns = clock_now_ns() + FILE_LIMIT_NS;
        return 0;
    }
failed:
    child->pid = 0;
    child_release(child);
    return -1;
}

uint64_t child_continue(struct child *child, uint64_t now_ns)
{
    if (!child->deadline_ns || now_ns < child->deadline_ns)
        return child->deadline_ns;
    child->late = true;
    child->deadline_ns = 0;
    kill(child->pid, SIGKILL);
    return 0;
}

int child_result(const struct child *child, struct reason *why)
{
    int status = 0;

    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (child->trial.torn)
        return reason_errno(why, ENOMEM, "read the settings");
    if (child->late && child->trial.loaded)
        return 0;
    if (child->late)
        return reason_set(why, REASON_TIMEOUT, 0, "reading the settings took longer than %d s",
                          (int)(FILE_LIMIT_NS / NS_PER_S));
    if (WIFSIGNALED(status))
        return reason_set(why, REASON_OTHER, 0, "reading the settings crashed (signal %d)",
                          WTERMSIG(status));
    return WEXITSTATUS(status) == EXIT_EXACT
               ? 0
               : reason_set(why, REASON_USAGE, 0, "the settings are not valid");
}

void child_release(struct child *child)
{
    if (child->source.fd >= 0 && child->loop) {
        /* Still running. The kernel takes it when it ends, because waiting for a process that a
         * file system holds up can take any time; what has ended already is for us to take. There
         * will be no other child: our own end is near. */
        if (child->pid > 0) {
            signal(SIGCHLD, SIG_IGN);
            kill(child->pid, SIGKILL);
            waitpid(child->pid, NULL, WNOHANG);
        }
        loop_forget(child->loop, &child->source);
        close(child->source.fd);
    }
    free(child->record);
    trial_release(&child->trial);
    *child = (struct child){.source.fd = -1};
}
