/* SPDX-License-Identifier: ISC */
#include "transport/endpoint_unix.h"

#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The two hexadecimal digits at text as a byte, or -1. */
static int read_hex(const char *text)
{
    static const char digits[] = "0123456789abcdef";
    int value = 0;

    for (int i = 0; i < 2; i++) {
        const char *digit = text[i] ? strchr(digits, tolower((unsigned char)text[i])) : NULL;

        if (!digit)
            return -1;
        value = 16 * value + (int)(digit - digits);
    }
    return value;
}

static int parse_abstract(struct endpoint *endpoint, const char *text, struct reason *why)
{
    size_t length = 0;

    endpoint->is_abstract = true;
    if (!*text)
        return reason_set(why, REASON_USAGE, 0, "no name after '@': write unix:@NAME");
    while (*text) {
        int byte = (unsigned char)*text++;

        if (byte == '\\' && *text == '\\') {
            text++;
        } else if (byte == '\\') {
            byte = *text == 'x' ? read_hex(text + 1) : -1;
            if (byte < 0)
                return reason_set(why, REASON_USAGE, 0,
                                  "a backslash in an abstract name is written \\\\, and any byte "
                                  "\\xNN with two hexadecimal digits");
            text += 3;
        }
        if (length < ENDPOINT_UNIX_NAME_MAX)
            endpoint->name[length] = (char)byte;
        length++;
    }
    if (length > ENDPOINT_UNIX_NAME_MAX)
        return reason_set(why, REASON_TOOLONG, ENAMETOOLONG,
                          "the abstract name has %zu bytes, at most %d are possible: write a "
                          "shorter one",
                          length, ENDPOINT_UNIX_NAME_MAX);
    endpoint->length = (unsigned short)length;
    return 0;
}

/* Undoes the %XX of a URL; text and path may be the same. */
static int decode_url(char *path, const char *text, struct reason *why)
{
    for (; *text; text++) {
        int byte = (unsigned char)*text;

        if (byte == '?' || byte == '#')
            return reason_set(why, REASON_USAGE, 0,
                              "a socket has no query or fragment: in a path after unix:// write "
                              "'%c' as %%%02X, or write unix:/PATH",
                              byte, byte);
        if (byte == '%') {
            byte = read_hex(text + 1);
            if (byte < 0)
                return reason_set(why, REASON_USAGE, 0,
                                  "after unix:// a %% stands before two hexadecimal digits: write "
                                  "it as %%25, or write unix:/PATH");
            if (byte < 0x20 || byte == 0x7f)
                return reason_set(why, REASON_USAGE, 0,
                                  "%%%02X is not possible in a path: write one of printable "
                                  "characters",
                                  byte);
            text += 2;
        }
        *path++ = (char)byte;
    }
    *path = '\0';
    return 0;
}

/* One spelling for each path: no leading "./" and one leading slash at most. */
static const char *trim(const char *path)
{
    while (path[0] == '.' && path[1] == '/')
        for (path++; *path == '/'; path++)
            ;
    while (path[0] == '/' && path[1] == '/')
        path++;
    return path;
}

int endpoint_unix_parse(struct endpoint *endpoint, const struct endpoint_scheme *scheme,
                        const char *text, bool is_url, struct reason *why)
{
    char decoded[4 * ENDPOINT_UNIX_NAME_MAX] = "";
    const char *path = text;
    size_t length;

    (void)scheme;
    if (!is_url && *text == '@')
        return parse_abstract(endpoint, text + 1, why);
    if (is_url && *text != '/') {
        text_escape(decoded, 64, text, strlen(text));
        return reason_set(why, REASON_USAGE, 0,
                          "two slashes begin a host, and a Unix socket has none: write unix:/%s or "
                          "unix:///%s",
                          decoded, decoded);
    }
    if (is_url && strlen(text) < sizeof decoded) {
        if (decode_url(decoded, text, why) < 0)
            return -1;
        path = decoded;
    }
    path = trim(path);
    length = strlen(path);
    if (!length)
        return reason_set(why, REASON_USAGE, 0, "no path: write unix:/tmp/echo.sock or unix:@NAME");
    if (path[length - 1] == '/')
        return reason_set(why, REASON_USAGE, 0,
                          "a path that ends in '/' is a directory: write that of a file, as "
                          "unix:/tmp/echo.sock");
    if (length > ENDPOINT_UNIX_NAME_MAX)
        return reason_set(why, REASON_TOOLONG, ENAMETOOLONG,
                          "the path has %zu bytes, a Unix socket takes at most %d: write a shorter "
                          "one",
                          length, ENDPOINT_UNIX_NAME_MAX);
    memcpy(endpoint->name, path, length);
    endpoint->length = (unsigned short)length;
    return 0;
}

void endpoint_unix_print(const struct endpoint *endpoint, char *text, size_t size)
{
    const char *name = endpoint->name;

    if (endpoint->is_abstract) {
        snprintf(text, size, "@");
        text_escape(text + 1, size - 1, name, endpoint->length);
        return;
    }
    snprintf(text, size, "%s%s", *name == '/' || strncmp(name, "../", 3) == 0 ? "" : "./", name);
}

/* A byte that stays itself after unix://, however plain the terminal and the log are. */
static bool is_plain(unsigned char byte)
{
    return byte > 0x20 && byte < 0x7f && !strchr("%\\?#\"", byte);
}

/* A byte for which a path is better printed after unix://. */
static bool is_odd(unsigned char byte)
{
    return byte < 0x20 || byte > 0x7e || byte == '\\';
}

void endpoint_unix_print_path(const char *path, size_t length, char *text, size_t size)
{
    bool relative = *path != '/', odd = false;
    size_t used;

    for (size_t i = 0; i < length; i++)
        odd |= is_odd((unsigned char)path[i]);
    if (!odd || relative) {
        bool here = relative && (length < 3 || memcmp(path, "../", 3) != 0);

        used = (size_t)snprintf(text, size, "unix:%s", here ? "./" : "");
        if (used < size)
            text_escape(text + used, size - used, path, length);
        return;
    }
    used = (size_t)snprintf(text, size, "unix://");
    for (size_t i = 0; i < length && used < size; i++)
        used += (size_t)snprintf(text + used, size - used,
                                 is_plain((unsigned char)path[i]) ? "%c" : "%%%02X",
                                 (unsigned char)path[i]);
}
