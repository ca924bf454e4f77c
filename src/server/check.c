/* SPDX-License-Identifier: ISC */
#include "server/check.h"

#include "server/listener.h"
#include "server/names.h"
#include "transport/transport.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* That none of the earlier listeners has one of these addresses. */
static int check_apart(const struct settings *settings, const struct names *names, size_t index,
                       struct reason *why)
{
    char text[ENDPOINT_TEXT_SIZE], other[ENDPOINT_TEXT_SIZE], address[ADDRESS_TEXT_SIZE];

    for (size_t i = 0; i < index; i++)
        for (size_t j = 0; j < names[i].address_count; j++)
            for (size_t k = 0; k < names[index].address_count; k++) {
                const struct address *wanted = &names[index].addresses[k];

                if (transport_overlap(&names[i].addresses[j], wanted) == TRANSPORT_APART)
                    continue;
                endpoint_format(&settings->listeners[index].endpoint, text, sizeof text);
                endpoint_format(&settings->listeners[i].endpoint, other, sizeof other);
                return listener_refuse_twice(text, address_format(wanted, address, sizeof address),
                                             other, why);
            }
    return 0;
}

static int check_listener(const struct settings *settings, struct names *names, size_t index,
                          struct reason *why)
{
    if (names_look_up(&names[index], &settings->listeners[index], why) < 0)
        return -1;
    for (size_t i = 0; i < names[index].address_count; i++)
        if (transport_check(&names[index].addresses[i], why) < 0)
            return -1;
    return check_apart(settings, names, index, why);
}

int check_listeners(const struct settings *settings, settings_complain *complain, void *context)
{
    struct names *names = calloc(settings->listener_count, sizeof *names);
    size_t good = 0, errors = 0;

    if (!names) {
        complain(context, strerror(ENOMEM));
        return -1;
    }
    for (size_t i = 0; i < settings->listener_count; i++) {
        const struct settings_listener *listener = &settings->listeners[i];
        struct reason why;
        char sentence[sizeof why.text + 600];

        if (check_listener(settings, names, i, &why) == 0) {
            good++;
            continue;
        }
        names[i].address_count = 0;
        snprintf(sentence, sizeof sentence, "%s%s%s", why.text,
                 listener->optional ? "; skipping the optional listener " : "",
                 listener->optional ? listener->name : "");
        complain(context, sentence);
        errors += !listener->optional;
    }
    free(names);
    if (!good && !errors)
        complain(context, "no listener could be opened");
    return good && !errors ? 0 : -1;
}
