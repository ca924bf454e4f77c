/* SPDX-License-Identifier: ISC */
/* What a start finds beyond the settings themselves, short of binding; for -t all of it. */
#ifndef SERVER_CHECK_H
#define SERVER_CHECK_H

#include "server/settings/names.h"
#include "server/settings/settings.h"

/* Whether these settings may serve the addresses of a listener: as root only those that other
 * machines cannot reach, unless allow_root is set. */
int check_root(const struct settings *settings, const struct settings_listener *listener,
               const struct names *names, struct reason *why) MUST_CHECK;

/* Whether the descriptor limit, which it raises as far as it may, is enough for a server with so
 * many workers and ports. *left: what remains for pipes and connections. */
int check_descriptors(unsigned worker_count, size_t port_count, unsigned long *left,
                      struct reason *why) MUST_CHECK;

/* Looks up the names of all listeners, looks at the directories and files in their place, at the
 * right to give them away, that no two have one address, and at the rules above. Each error goes to
 * complain; where a start would skip an optional listener it counts as none. 0 or -1. May block as
 * names_look_up does. */
int check_listeners(const struct settings *settings, unsigned worker_count,
                    settings_complain *complain, void *context) MUST_CHECK;

#endif
