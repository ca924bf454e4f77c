/* SPDX-License-Identifier: ISC */
/* What the names in a listener's settings mean: the addresses of its endpoint, the ids of its owner
 * and group. They are looked up before anything is bound, because a name service may take its
 * time. Plain data, so that a child process can send it. */
#ifndef SETTINGS_NAMES_H
#define SETTINGS_NAMES_H

#include "base/reason.h"
#include "server/settings/settings.h"
#include "transport/transport.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct names {
    uid_t owner; /* (uid_t)-1: unchanged */
    gid_t group; /* (gid_t)-1: unchanged */
    size_t address_count;
    struct address addresses[TRANSPORT_ADDRESSES_MAX];
};

/* Which inherited sockets the listeners of these settings name: before the first names_look_up. */
void names_claim_inherited(const struct settings *settings);

/* Whether a name service has to be asked. */
bool names_may_block(const struct settings_listener *settings);

/* May block for as long as the name services of this machine do. On failure there are no addresses.
 */
int names_look_up(struct names *names, const struct settings_listener *settings,
                  struct reason *why) MUST_CHECK;

#endif
