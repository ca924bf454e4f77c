/* SPDX-License-Identifier: ISC */
/* The table of services: the only file that knows them all. */
#ifndef SERVER_SERVICES_H
#define SERVER_SERVICES_H

#include "server/service.h"

struct settings_listener;

/* What a listener with these settings serves. */
const struct service *services_of(const struct settings_listener *settings);

#endif
