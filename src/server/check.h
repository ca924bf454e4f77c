/* SPDX-License-Identifier: ISC */
/* What a start would find beyond the settings themselves, short of binding: for -t. */
#ifndef SERVER_CHECK_H
#define SERVER_CHECK_H

#include "server/settings.h"

/* Looks up the names of all listeners, looks at the directories and files in their place, and that
 * no two have one address. Each error goes to complain; for an optional listener it counts as none.
 * 0 or -1. May block as names_look_up does. */
int check_listeners(const struct settings *settings, settings_complain *complain,
                    void *context) MUST_CHECK;

#endif
