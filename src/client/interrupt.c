/* SPDX-License-Identifier: ISC */
#include "client/interrupt.h"

#include "base/clock.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

static volatile sig_atomic_t asked, quit;
static sigset_t waiting_mask;
static bool catching;

static void remember(int number)
{
    if (number == SIGQUIT)
        quit = 1;
    else
        asked = 1;
}

void interrupt_catch(void)
{
    struct sigaction action = {.sa_handler = remember};
    sigset_t caught;

    sigemptyset(&action.sa_mask);
    sigemptyset(&caught);
    sigaction(SIGQUIT, &action, NULL);
    sigaddset(&caught, SIGQUIT);
    action.sa_flags = SA_RESETHAND;
    sigaction(SIGINT, &action, NULL);
    sigaddset(&caught, SIGINT);
    sigaction(SIGTERM, &action, NULL);
    sigaddset(&caught, SIGTERM);
    sigprocmask(SIG_BLOCK, &caught, &waiting_mask);
    catching = true;
}

bool interrupt_asked(void)
{
    return asked;
}

bool interrupt_take_quit(void)
{
    bool taken = quit;

    quit = 0;
    return taken;
}

int interrupt_poll(struct pollfd *fds, unsigned count, uint64_t deadline_ns)
{
    uint64_t now_ns = deadline_ns ? clock_now_ns() : 0;
    uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    struct timespec left = {.tv_sec = (time_t)(left_ns / NS_PER_S),
                            .tv_nsec = (long)(left_ns % NS_PER_S)};
    int ready = ppoll(fds, count, deadline_ns ? &left : NULL, catching ? &waiting_mask : NULL);

    return ready < 0 ? 0 : ready;
}
