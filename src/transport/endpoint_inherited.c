/* SPDX-License-Identifier: ISC */
#include "transport/endpoint_inherited.h"

#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int endpoint_inherited_parse_name(struct endpoint *endpoint, const struct endpoint_scheme *scheme,
                                  const char *text, bool is_url, struct reason *why)
{
    (void)scheme;
    (void)is_url;
    if (strchr(text, ':'))
        return reason_set(why, REASON_USAGE, 0,
                          "the name of an inherited socket has no ':': write systemd:NAME");
    if (strlen(text) > ENDPOINT_NAME_MAX)
        return reason_set(why, REASON_TOOLONG, ENAMETOOLONG,
                          "the name of an inherited socket has at most %d bytes",
                          ENDPOINT_NAME_MAX);
    endpoint->length = (unsigned short)strlen(text);
    memcpy(endpoint->name, text, endpoint->length);
    return 0;
}

void endpoint_inherited_print_name(const struct endpoint *endpoint, char *text, size_t size)
{
    snprintf(text, size, "%s", endpoint->name);
}

int endpoint_inherited_parse_fd(struct endpoint *endpoint, const struct endpoint_scheme *scheme,
                                const char *text, bool is_url, struct reason *why)
{
    uint64_t fd;

    (void)scheme;
    (void)is_url;
    if (text_number(text, 0, INT_MAX, &fd, NULL) < 0)
        return reason_set(why, REASON_USAGE, 0, "write the number of a descriptor, as in fd:3");
    if (fd == STDOUT_FILENO || fd == STDERR_FILENO)
        return reason_set(why, REASON_USAGE, 0,
                          "%s is for what the server tells; pass the socket as another descriptor",
                          fd == STDOUT_FILENO ? "1, standard output," : "2, standard error,");
    snprintf(endpoint->port_text, sizeof endpoint->port_text, "%d", (int)fd);
    return 0;
}

void endpoint_inherited_print_fd(const struct endpoint *endpoint, char *text, size_t size)
{
    snprintf(text, size, "%s", endpoint->port_text);
}
