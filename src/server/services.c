/* SPDX-License-Identifier: ISC */
#include "server/services.h"

#include "server/acceptor.h"
#include "server/connection.h"
#include "server/info.h"
#include "server/settings/settings.h"

static const struct service services[SETTINGS_SERVICES] = {
    [SETTINGS_ECHO] = {.ready = acceptor_ready, .begin = connection_echo},
    [SETTINGS_INFO] = {.ready = acceptor_ready, .begin = info_begin},
};

const struct service *services_of(const struct settings_listener *settings)
{
    return &services[settings->service];
}
