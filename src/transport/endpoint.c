/* SPDX-License-Identifier: ISC */
#include "transport/endpoint.h"

#include "base/text.h"
#include "transport/endpoint_inet.h"
#include "transport/endpoint_inherited.h"
#include "transport/endpoint_scheme.h"
#include "transport/endpoint_unix.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define INET_ROW                                                                                   \
    .traits = ENDPOINT_HAS_HOST | ENDPOINT_IS_TCP | ENDPOINT_HAS_BACKLOG, .has_url = true,         \
    .parse = endpoint_inet_parse, .print = endpoint_inet_print

static const struct endpoint_scheme schemes[] = {
    {"unix", .kind = ENDPOINT_UNIX,
     .traits = ENDPOINT_HAS_PATH | ENDPOINT_HAS_CREDENTIALS | ENDPOINT_HAS_BACKLOG, .has_url = true,
     .parse = endpoint_unix_parse, .print = endpoint_unix_print},
    {"tcp", .kind = ENDPOINT_TCP, .is_implied = true, INET_ROW},
    {"tcp4", .kind = ENDPOINT_TCP, .family = ENDPOINT_IPV4, INET_ROW},
    {"tcp6", .kind = ENDPOINT_TCP, .family = ENDPOINT_IPV6, INET_ROW},
    {"mptcp", .kind = ENDPOINT_MPTCP, INET_ROW},
    {"mptcp4", .kind = ENDPOINT_MPTCP, .family = ENDPOINT_IPV4, INET_ROW},
    {"mptcp6", .kind = ENDPOINT_MPTCP, .family = ENDPOINT_IPV6, INET_ROW},
    {"systemd", .kind = ENDPOINT_SYSTEMD, .traits = ENDPOINT_IS_INHERITED,
     .parse = endpoint_inherited_parse_name, .print = endpoint_inherited_print_name},
    {"fd", .kind = ENDPOINT_FD, .traits = ENDPOINT_IS_INHERITED,
     .parse = endpoint_inherited_parse_fd, .print = endpoint_inherited_print_fd},
    {"udp", .is_reserved = true},
    {"unix-dgram", .is_reserved = true},
    {"unix-seqpacket", .is_reserved = true},
    {"vsock", .is_reserved = true},
};

#define ROWS (sizeof schemes / sizeof schemes[0])

const struct endpoint_scheme *endpoint_scheme_at(size_t row)
{
    return row < ROWS ? &schemes[row] : NULL;
}

/* NULL when no row has this name. */
static const struct endpoint_scheme *find_name(const char *text, size_t length)
{
    for (size_t i = 0; i < ROWS; i++)
        if (strlen(schemes[i].name) == length && strncasecmp(text, schemes[i].name, length) == 0)
            return &schemes[i];
    return NULL;
}

/* The row that makes endpoints of this kind and family, else the first of the kind. */
static const struct endpoint_scheme *find_kind(enum endpoint_kind kind, enum endpoint_family family)
{
    const struct endpoint_scheme *first = NULL;

    for (const struct endpoint_scheme *row = schemes; row < schemes + ROWS; row++) {
        if (row->is_reserved || row->kind != kind)
            continue;
        if (row->family == family)
            return row;
        if (!first)
            first = row;
    }
    return first;
}

/* "word://" with a word that could be a scheme (RFC 3986). */
static bool looks_like_url(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isalpha((unsigned char)text[i]) &&
            (i == 0 || (!isdigit((unsigned char)text[i]) && !strchr("+-.", text[i]))))
            return false;
    return length && strncmp(text + length, "://", 3) == 0;
}

static int parse_by(const struct endpoint_scheme *scheme, struct endpoint *endpoint,
                    const char *text, bool is_url, struct reason *why)
{
    endpoint->kind = scheme->kind;
    endpoint->family = scheme->family;
    return scheme->parse(endpoint, scheme, text, is_url, why);
}

/* The order of decision of echo-endpoint(7). */
static int parse(struct endpoint *endpoint, const char *text, struct reason *why)
{
    size_t length = strcspn(text, ":");
    const struct endpoint_scheme *scheme = text[length] ? find_name(text, length) : NULL;
    const char *rest = text + length + 1;

    if (!*text)
        return reason_set(why, REASON_USAGE, 0,
                          "empty: write unix:/tmp/echo.sock or localhost:7777");
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return reason_set(why, REASON_USAGE, 0,
                              "control bytes are not taken: write \\xNN in a name after '@'");
    if (scheme && scheme->is_reserved)
        return reason_set(why, REASON_USAGE, 0,
                          "%s: is not supported in this version: write unix: or tcp: (a host of "
                          "that name is tcp:%s:PORT)",
                          scheme->name, scheme->name);
    if (scheme) {
        bool is_url = scheme->has_url && strncmp(rest, "//", 2) == 0;

        return parse_by(scheme, endpoint, rest + (is_url ? 2 : 0), is_url, why);
    }
    if (looks_like_url(text, length))
        return reason_set(why, REASON_USAGE, 0,
                          "unknown scheme: write unix:/PATH or tcp://HOST:PORT (a file of that "
                          "name is unix:./...)");
    return parse_by(find_kind(*text == '@' || strchr(text, '/') ? ENDPOINT_UNIX : ENDPOINT_TCP,
                              ENDPOINT_ANY_FAMILY),
                    endpoint, text, false, why);
}

int endpoint_parse(struct endpoint *endpoint, const char *text, struct reason *why)
{
    char quoted[72];
    struct reason inner;

    memset(endpoint, 0, sizeof *endpoint);
    if (parse(endpoint, text, &inner) == 0)
        return 0;
    text_escape(quoted, sizeof quoted, text, strlen(text));
    return reason_set(why, inner.word, inner.code, "\"%s%s\": %s", quoted,
                      strlen(text) >= sizeof quoted ? "..." : "", inner.text);
}

const char *endpoint_format(const struct endpoint *endpoint, char *text, size_t size)
{
    const struct endpoint_scheme *scheme = find_kind(endpoint->kind, endpoint->family);
    size_t used = (size_t)snprintf(text, size, "%s:", scheme->name);
    size_t length;

    if (used >= size)
        return text;
    scheme->print(endpoint, text + used, size - used);
    /* "unix:7" would be a path. */
    length = strcspn(text + used, ":");
    if (scheme->is_implied && !(text[used + length] && find_name(text + used, length)))
        memmove(text, text + used, strlen(text + used) + 1);
    return text;
}

int endpoint_compare(const struct endpoint *a, const struct endpoint *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    if (a->is_abstract != b->is_abstract)
        return a->is_abstract ? 1 : -1;
    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    if (memcmp(a->name, b->name, a->length) != 0)
        return memcmp(a->name, b->name, a->length);
    return strcmp(a->port_text, b->port_text);
}

int endpoint_make_absolute(struct endpoint *endpoint, struct reason *why)
{
    char directory[PATH_MAX], path[PATH_MAX + ENDPOINT_NAME_MAX + 2];
    size_t length;

    if (!endpoint_path(endpoint) || endpoint->name[0] == '/')
        return 0;
    if (!getcwd(directory, sizeof directory))
        return reason_errno(why, errno, "the working directory, for unix:./%s", endpoint->name);
    length = (size_t)snprintf(path, sizeof path, "%s/%s",
                              strcmp(directory, "/") == 0 ? "" : directory, endpoint->name);
    if (length > ENDPOINT_UNIX_NAME_MAX)
        return reason_set(why, REASON_TOOLONG, ENAMETOOLONG,
                          "unix:./%.60s: from the root the path has %zu bytes, a Unix socket takes "
                          "at most %d: use a shorter directory",
                          endpoint->name, length, ENDPOINT_UNIX_NAME_MAX);
    memcpy(endpoint->name, path, length + 1);
    endpoint->length = (unsigned short)length;
    return 0;
}

unsigned endpoint_traits(const struct endpoint *endpoint)
{
    unsigned traits = find_kind(endpoint->kind, endpoint->family)->traits;

    return endpoint->is_abstract ? traits & ~(unsigned)ENDPOINT_HAS_PATH : traits;
}

const char *endpoint_path(const struct endpoint *endpoint)
{
    return endpoint_traits(endpoint) & ENDPOINT_HAS_PATH ? endpoint->name : NULL;
}

bool endpoint_needs_lookup(const struct endpoint *endpoint)
{
    return endpoint_traits(endpoint) & ENDPOINT_HAS_HOST && strcmp(endpoint->name, "*") != 0 &&
           !endpoint_inet_is_literal(endpoint->name);
}
