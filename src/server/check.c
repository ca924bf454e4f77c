/* SPDX-License-Identifier: ISC */
#include "server/check.h"

#include "base/descriptors.h"
#include "server/listener.h"
#include "transport/transport.h"
#include "transport/transport_inherited.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    DESCRIPTORS_RESERVED = 32 /* standard streams, log, a reload's files, name resolution */
};

int check_root(const struct settings *settings, const struct settings_listener *listener,
               const struct names *names, struct reason *why)
{
    char text[ENDPOINT_TEXT_SIZE];

    if (geteuid() != 0 || *settings->user || settings->allow_root ||
        endpoint_traits(&listener->endpoint) & ENDPOINT_IS_INHERITED)
        return 0;
    for (size_t i = 0; i < names->address_count; i++) {
        if (address_is_local(&names->addresses[i]))
            continue;
        endpoint_format(&listener->endpoint, text, sizeof text);
        return reason_set(why, REASON_USAGE, 0,
                          "%s: refusing to serve a network-reachable listener as root; start the "
                          "server as another user, or allow it with --allow-root (in the settings "
                          "file: allow_root = true)",
                          text);
    }
    return 0;
}

int check_descriptors(unsigned worker_count, size_t port_count, unsigned long *left,
                      struct reason *why)
{
    unsigned long limit = descriptors_raise_limit();
    unsigned long used = DESCRIPTORS_RESERVED + 3ul * worker_count + port_count;

    if (limit <= used)
        return reason_set(why, REASON_NOFILE, EMFILE,
                          "the descriptor limit of %lu is too low: %lu are needed before the first "
                          "connection",
                          limit, used);
    *left = limit - used;
    return 0;
}

/* That none of the earlier listeners has one of these addresses. */
static int check_apart(const struct settings *settings, const struct names *names, size_t index,
                       struct reason *why)
{
    char text[ENDPOINT_TEXT_SIZE], other[ENDPOINT_TEXT_SIZE], address[ADDRESS_TEXT_SIZE];

    for (size_t i = 0; i < index; i++)
        for (size_t j = 0; j < names[i].address_count; j++)
            for (size_t k = 0; k < names[index].address_count; k++) {
                const struct address *wanted = &names[index].addresses[k];

                if (address_overlap(&names[i].addresses[j], wanted) == ADDRESS_APART)
                    continue;
                endpoint_format(&settings->listeners[index].endpoint, text, sizeof text);
                endpoint_format(&settings->listeners[i].endpoint, other, sizeof other);
                return listener_refuse_twice(text, address_format(wanted, address, sizeof address),
                                             other, why);
            }
    return 0;
}

/* A service manager passes sockets to the service alone, not to a check that runs before it. */
static bool is_left_out(const struct settings_listener *listener, settings_complain *complain,
                        void *context)
{
    char text[ENDPOINT_TEXT_SIZE], sentence[sizeof text + 64];

    if (!transport_inherited_is_absent(&listener->endpoint))
        return false;
    snprintf(sentence, sizeof sentence, "%s: not checked: no such socket is passed to this check",
             endpoint_format(&listener->endpoint, text, sizeof text));
    complain(context, sentence);
    return true;
}

/* *optional: whether a start goes on without it. */
static int check_listener(const struct settings *settings, struct names *names, size_t index,
                          bool *optional, struct reason *why)
{
    const struct settings_listener *listener = &settings->listeners[index];
    struct listen_options options = {0};

    *optional = listener->optional;
    if (names_look_up(&names[index], listener, why) < 0)
        return -1;
    if (check_root(settings, listener, &names[index], why) < 0) {
        *optional = false;
        return -1;
    }
    options.owner = names[index].owner;
    options.group = names[index].group;
    options.inherited = (endpoint_traits(&listener->endpoint) & ENDPOINT_IS_INHERITED) != 0;
    for (size_t i = 0; i < names[index].address_count; i++)
        if (transport_check(&names[index].addresses[i], &options, why) < 0)
            return -1;
    return check_apart(settings, names, index, why);
}

int check_listeners(const struct settings *settings, unsigned worker_count,
                    settings_complain *complain, void *context)
{
    struct names *names = calloc(settings->listener_count, sizeof *names);
    size_t good = 0, errors = 0, port_count = 0;
    unsigned long left;
    struct reason why;

    if (!names) {
        complain(context, strerror(ENOMEM));
        return -1;
    }
    names_claim_inherited(settings);
    if (transport_inherited_check(&why) < 0) {
        complain(context, why.text);
        errors++;
    }
    for (size_t i = 0; i < settings->listener_count; i++) {
        const struct settings_listener *listener = &settings->listeners[i];
        char sentence[sizeof why.text + 600];
        bool optional;

        if (is_left_out(listener, complain, context)) {
            good++;
            port_count++;
            continue;
        }
        if (check_listener(settings, names, i, &optional, &why) == 0) {
            good++;
            port_count += names[i].address_count * listener_port_count(listener, worker_count);
            continue;
        }
        names[i].address_count = 0;
        snprintf(sentence, sizeof sentence, "%s%s%s", why.text,
                 optional ? "; skipping the optional listener " : "",
                 optional ? listener->name : "");
        complain(context, sentence);
        errors += !optional;
    }
    free(names);
    if (!good && !errors)
        complain(context, "no listener could be opened");
    if (good && !errors && check_descriptors(worker_count, port_count, &left, &why) < 0) {
        complain(context, why.text);
        errors++;
    }
    return good && !errors ? 0 : -1;
}
