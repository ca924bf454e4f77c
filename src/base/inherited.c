/* SPDX-License-Identifier: ISC */
#include "base/inherited.h"

#include <signal.h>
#include <stddef.h>

bool inherited_ignores(int number)
{
    struct sigaction action;

    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

void inherited_unblock(void)
{
    sigset_t none;

    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}
