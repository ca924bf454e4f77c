/* SPDX-License-Identifier: ISC */
#include "server/settings/names.h"

#include "base/text.h"
#include "transport/transport_inherited.h"

#include <grp.h>
#include <pwd.h>

static int find_owner(struct names *names, const struct settings_listener *settings,
                      struct reason *why)
{
    uint64_t id;

    names->owner = (uid_t)-1;
    names->group = (gid_t)-1;
    if (*settings->owner) {
        const struct passwd *entry = getpwnam(settings->owner);

        if (entry)
            names->owner = entry->pw_uid;
        else if (text_number(settings->owner, 0, UINT32_MAX - 1, &id, NULL) == 0)
            names->owner = (uid_t)id;
        else
            return reason_set(why, REASON_USAGE, 0, "%.80s: there is no user \"%.80s\"",
                              settings->name, settings->owner);
    }
    if (*settings->group) {
        const struct group *entry = getgrnam(settings->group);

        if (entry)
            names->group = entry->gr_gid;
        else if (text_number(settings->group, 0, UINT32_MAX - 1, &id, NULL) == 0)
            names->group = (gid_t)id;
        else
            return reason_set(why, REASON_USAGE, 0, "%.80s: there is no group \"%.80s\"",
                              settings->name, settings->group);
    }
    return 0;
}

bool names_may_block(const struct settings_listener *settings)
{
    return *settings->owner || *settings->group || endpoint_needs_lookup(&settings->endpoint);
}

void names_claim_inherited(const struct settings *settings)
{
    transport_inherited_unclaim();
    for (size_t i = 0; i < settings->listener_count; i++)
        transport_inherited_claim(&settings->listeners[i].endpoint);
}

int names_look_up(struct names *names, const struct settings_listener *settings, struct reason *why)
{
    int count;

    names->address_count = 0;
    if (find_owner(names, settings, why) < 0)
        return -1;
    count = transport_resolve(&settings->endpoint, TRANSPORT_SERVER, names->addresses,
                              TRANSPORT_ADDRESSES_MAX, why);
    if (count < 0)
        return -1;
    names->address_count = (size_t)count;
    return 0;
}
