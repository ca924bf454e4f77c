/* SPDX-License-Identifier: ISC */
#include "server/services.h"

#include "server/acceptor.h"
#include "server/connection.h"

static const struct service echo = {.ready = acceptor_ready, .begin = connection_echo};

const struct service *services_of(const struct settings_listener *settings)
{
    (void)settings; /* they have no choice yet */
    return &echo;
}
