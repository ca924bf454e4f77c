/* SPDX-License-Identifier: ISC */
#include "transport/endpoint.h"

#include "base/text.h"
#include "transport/endpoint_unix.h"
#include "transport/transport_ops.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

    /* Known, so that no host of that name is meant by accident, and refused. */
    static const char *const reserved[] = {"udp", "unix-dgram", "unix-seqpacket", "vsock", NULL};

static int is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

int endpoint_is_scheme(const char *text, size_t length)
{
    const char *scheme;

    if (transport_by_scheme(text, length, &scheme) || is_word(text, length, "systemd") ||
        is_word(text, length, "fd"))
        return 1;
    for (size_t i = 0; reserved[i]; i++)
        if (is_word(text, length, reserved[i]))
            return 1;
    return 0;
}

/* "word://" with a word that could be a scheme (RFC 3986). */
static int looks_like_url(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!isalpha((unsigned char)text[i]) &&
            (i == 0 || (!isdigit((unsigned char)text[i]) && !strchr("+-.", text[i]))))
            return 0;
    return length && strncmp(text + length, "://", 3) == 0;
}

static int parse_systemd(struct endpoint *endpoint, const char *text, struct reason *why)
{
    endpoint->kind = ENDPOINT_SYSTEMD;
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

static int parse_inherited(struct endpoint *endpoint, const char *text, struct reason *why)
{
    uint64_t fd;

    endpoint->kind = ENDPOINT_INHERITED;
    if (text_number(text, 0, INT_MAX, &fd, NULL) < 0)
        return reason_set(why, REASON_USAGE, 0, "write the number of a descriptor, as in fd:3");
    snprintf(endpoint->port_text, sizeof endpoint->port_text, "%d", (int)fd);
    return 0;
}

/* The order of decision of echo-endpoint(7). */
static int parse(struct endpoint *endpoint, const char *text, struct reason *why)
{
    size_t length = strcspn(text, ":");
    const struct transport_ops *ops;
    const char *scheme = "";

    if (!*text)
        return reason_set(why, REASON_USAGE, 0,
                          "empty: write unix:/tmp/echo.sock or localhost:7777");
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return reason_set(why, REASON_USAGE, 0,
                              "control bytes are not taken: write \\xNN in a name after '@'");
    if (text[length] == ':') {
        ops = transport_by_scheme(text, length, &scheme);
        if (ops)
            return ops->parse(endpoint, scheme, text + length + 1, why);
        if (is_word(text, length, "systemd"))
            return parse_systemd(endpoint, text + length + 1, why);
        if (is_word(text, length, "fd"))
            return parse_inherited(endpoint, text + length + 1, why);
        for (size_t i = 0; reserved[i]; i++)
            if (is_word(text, length, reserved[i]))
                return reason_set(why, REASON_USAGE, 0,
                                  "%s: is not supported in this version: write unix: or tcp: (a "
                                  "host of that name is tcp:%s:PORT)",
                                  reserved[i], reserved[i]);
        if (looks_like_url(text, length))
            return reason_set(why, REASON_USAGE, 0,
                              "unknown scheme: write unix:/PATH or tcp://HOST:PORT (a file of that "
                              "name is unix:./...)");
    }
    ops = transport_by_kind(*text == '@' || strchr(text, '/') ? ENDPOINT_UNIX_PATH : ENDPOINT_TCP);
    assert(ops);
    return ops->parse(endpoint, "", text, why);
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
    if (endpoint->kind == ENDPOINT_SYSTEMD)
        snprintf(text, size, "systemd:%s", endpoint->name);
    else if (endpoint->kind == ENDPOINT_INHERITED)
        snprintf(text, size, "fd:%s", endpoint->port_text);
    else {
        const struct transport_ops *ops = transport_by_kind(endpoint->kind);

        assert(ops);
        ops->print(endpoint, text, size);
    }
    return text;
}

int endpoint_compare(const struct endpoint *a, const struct endpoint *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
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

    if (endpoint->kind != ENDPOINT_UNIX_PATH || endpoint->name[0] == '/')
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
