/* SPDX-License-Identifier: ISC */
#include "base/reason.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    enum exit_status connecting;
    enum exit_status connected;
} words[REASON_WORDS] = {
    [REASON_NONE] = {"OK", EXIT_EXACT, EXIT_EXACT},
    [REASON_USAGE] = {"USAGE", EXIT_LOCAL, EXIT_LOCAL},
    [REASON_TOOLONG] = {"TOOLONG", EXIT_LOCAL, EXIT_LOCAL},
    [REASON_NOFILE] = {"NOFILE", EXIT_LOCAL, EXIT_LOCAL},
    [REASON_OTHER] = {"OTHER", EXIT_LOCAL, EXIT_LOCAL},
    [REASON_DNS] = {"DNS", EXIT_CONNECT, EXIT_CONNECT},
    [REASON_SERVICE] = {"SERVICE", EXIT_CONNECT, EXIT_CONNECT},
    [REASON_REFUSED] = {"REFUSED", EXIT_CONNECT, EXIT_CONNECT},
    [REASON_UNREACHABLE] = {"UNREACHABLE", EXIT_CONNECT, EXIT_CONNECT},
    [REASON_PERM] = {"PERM", EXIT_CONNECT, EXIT_CONNECT},
    [REASON_NOENT] = {"NOENT", EXIT_CONNECT, EXIT_CONNECT},
    [REASON_SELF] = {"SELF", EXIT_CONNECT, EXIT_CONNECT},
    [REASON_TIMEOUT] = {"TIMEOUT", EXIT_CONNECT, EXIT_MISSING},
    [REASON_STALLED] = {"STALLED", EXIT_MISSING, EXIT_MISSING},
    [REASON_CORRUPT] = {"CORRUPT", EXIT_DIFFERS, EXIT_DIFFERS},
    [REASON_EXTRA] = {"EXTRA", EXIT_DIFFERS, EXIT_DIFFERS},
    [REASON_FOREIGN] = {"FOREIGN", EXIT_DIFFERS, EXIT_DIFFERS},
    [REASON_EOF] = {"EOF", EXIT_ENDED, EXIT_ENDED},
    [REASON_TRUNCATED] = {"TRUNCATED", EXIT_ENDED, EXIT_ENDED},
    [REASON_RESET] = {"RESET", EXIT_CONNECT, EXIT_ENDED},
};

int reason_set(struct reason *why, enum reason_word word, int code, const char *format, ...)
{
    va_list arguments;

    if (!why)
        return -1;
    why->word = word;
    why->code = code;
    why->advised = false;
    va_start(arguments, format);
    vsnprintf(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
    return -1;
}

int reason_errno(struct reason *why, int code, const char *format, ...)
{
    va_list arguments;
    int length;

    if (!why)
        return -1;
    why->word = reason_from_errno(code);
    why->code = code;
    why->advised = false;
    va_start(arguments, format);
    length = vsnprintf(why->text, sizeof why->text, format, arguments);
    va_end(arguments);
    if (length >= 0 && (size_t)length < sizeof why->text)
        snprintf(why->text + length, sizeof why->text - (size_t)length, ": %s", strerror(code));
    return -1;
}

void reason_advise(struct reason *why, const char *format, ...)
{
    va_list arguments;
    size_t used;

    if (!why || why->advised)
        return;
    why->advised = true;
    used = strlen(why->text);
    va_start(arguments, format);
    vsnprintf(why->text + used, sizeof why->text - used, format, arguments);
    va_end(arguments);
}

enum reason_word reason_from_errno(int code)
{
    switch (code) {
    case ECONNREFUSED:
        return REASON_REFUSED;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
        return REASON_UNREACHABLE;
    case EACCES:
    case EPERM:
        return REASON_PERM;
    case ENOENT:
    case ENOTDIR:
        return REASON_NOENT;
    case ETIMEDOUT:
        return REASON_TIMEOUT;
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
        return REASON_RESET;
    case EMFILE:
    case ENFILE:
        return REASON_NOFILE;
    case ENAMETOOLONG:
        return REASON_TOOLONG;
    default:
        return REASON_OTHER;
    }
}

const char *reason_name(enum reason_word word)
{
    return words[word].name;
}

enum exit_status reason_exit_status(enum reason_word word, bool connected)
{
    return connected ? words[word].connected : words[word].connecting;
}
