/* SPDX-License-Identifier: ISC */
/* With it the ppoll(2) of glibc 2.36 takes 32-bit times on 32-bit machines, even where all others
 * are 64-bit times: no call would wait. */
#undef _FORTIFY_SOURCE

#include "client/interrupt.h"

#include "base/clock.h"
#include "base/inherited.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* Signals are never blocked, so that a second one ends the program in a write or in the name
 * service too. What comes between a look at the flags and the wait makes this descriptor ready. */
static int wake_fd = -1;
static atomic_bool asked, quit;

static void remember(int number)
{
    int saved_errno = errno;

    if (number == SIGQUIT)
        quit = true;
    else
        asked = true;
    /* Cannot fail: the counter is far from full. */
    (void)!write(wake_fd, &(uint64_t){1}, sizeof(uint64_t));
    errno = saved_errno;
}

static void catch (int number, int flags)
{
    struct sigaction action;

    if (inherited_ignores(number))
        return;
    action = (struct sigaction){.sa_handler = remember, .sa_flags = SA_RESTART | flags};
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

int interrupt_catch(struct reason *why)
{
    if (wake_fd < 0)
        wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wake_fd < 0)
        return reason_errno(why, errno, "eventfd");
    catch (SIGINT, (int)SA_RESETHAND);
    catch (SIGTERM, (int)SA_RESETHAND);
    return 0;
}

void interrupt_catch_quit(void)
{
    catch (SIGQUIT, 0);
}

bool interrupt_asked(void)
{
    return asked;
}

bool interrupt_take_quit(void)
{
    return atomic_exchange(&quit, false);
}

int interrupt_poll(struct pollfd *fds, unsigned count, uint64_t deadline_ns)
{
    uint64_t now_ns = deadline_ns ? clock_now_ns() : 0;
    uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    struct timespec left = {.tv_sec = (time_t)(left_ns / NS_PER_S),
                            .tv_nsec = (long)(left_ns % NS_PER_S)};
    struct pollfd all[INTERRUPT_FDS_MAX + 1];
    uint64_t signals;
    int ready;

    assert(count <= INTERRUPT_FDS_MAX);
    for (unsigned i = 0; i < count; i++)
        all[i] = (struct pollfd){.fd = fds[i].fd, .events = fds[i].events};
    all[count] = (struct pollfd){.fd = wake_fd, .events = POLLIN};
    ready = ppoll(all, count + 1, deadline_ns ? &left : NULL, NULL);
    for (unsigned i = 0; i < count; i++)
        fds[i].revents = ready > 0 ? all[i].revents : 0;
    if (ready <= 0)
        return 0;
    /* The flags tell what has come. */
    if (all[count].revents && read(wake_fd, &signals, sizeof signals) > 0)
        ready--;
    return ready;
}
