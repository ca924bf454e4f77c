/* SPDX-License-Identifier: ISC */
#include "lib/faults.h"

#include "base/errno_name.h"
#include "base/seam.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum call {
    CALL_SOCKET,
    CALL_BIND,
    CALL_LISTEN,
    CALL_ACCEPT,
    CALL_CONNECT,
    CALL_SETSOCKOPT,
    CALL_SHUTDOWN,
    CALL_PIPE,
    CALL_ALLOCATE,
    CALL_GETPPID,
    CALL_PIDFD_OPEN,
    CALL_RECV,
    CALL_SEND,
    CALL_SPLICE,
    CALL_EPOLL_WAIT,
    CALLS
};

static const char *const names[CALLS] = {
    "socket",   "bind",    "listen",     "accept", "connect", "setsockopt", "shutdown",  "pipe",
    "allocate", "getppid", "pidfd_open", "recv",   "send",    "splice",     "epoll_wait"};

#define RULES_MAX 32
#define CALLS_MAX 16 /* numbers after an '@' */

static struct rule {
    enum call call;
    int code;     /* errno, or 0 for a short count */
    size_t limit; /* of a short count */
    unsigned at[CALLS_MAX], at_count, every;
    double probability;
} rules[RULES_MAX];
static size_t rule_count;
static unsigned counts[CALLS], injected;

static void reject(const char *script, const char *at)
{
    fprintf(stderr, "fault script \"%s\": not understood at \"%s\"\n", script, at);
    abort();
}

static int starts_with(const char **cursor, const char *word)
{
    if (strncmp(*cursor, word, strlen(word)) != 0)
        return 0;
    *cursor += strlen(word);
    return 1;
}

static int read_errno(const char **cursor)
{
    size_t length = strspn(*cursor, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    for (int code = 1; code < 256; code++) {
        const char *name = errno_name(code);

        if (strlen(name) == length && strncmp(name, *cursor, length) == 0) {
            *cursor += length;
            return code;
        }
    }
    return 0;
}

static void read_rule(const char *script, const char **cursor, struct rule *rule)
{
    const char *start = *cursor;
    size_t length = strcspn(start, ":");
    char *end;

    *rule = (struct rule){.call = CALLS};
    for (int call = 0; call < CALLS; call++)
        if (strlen(names[call]) == length && strncmp(names[call], start, length) == 0)
            rule->call = (enum call)call;
    *cursor += length;
    if (rule->call == CALLS || !starts_with(cursor, ":"))
        reject(script, start);
    if (starts_with(cursor, "short=")) {
        rule->limit = strtoul(*cursor, &end, 10);
        *cursor = end;
    } else {
        rule->code = read_errno(cursor);
    }
    if (!rule->limit && !rule->code)
        reject(script, *cursor);
    if (starts_with(cursor, "@")) {
        do {
            int every = starts_with(cursor, "+");
            unsigned number = (unsigned)strtoul(*cursor, &end, 10);

            if (end == *cursor || !number || rule->at_count == CALLS_MAX || rule->every)
                reject(script, *cursor);
            *cursor = end;
            if (every)
                rule->every = number;
            else
                rule->at[rule->at_count++] = number;
        } while (starts_with(cursor, ","));
    }
    if (starts_with(cursor, " p=")) {
        rule->probability = strtod(*cursor, &end);
        *cursor = end;
    }
}

void faults_set(const char *script)
{
    const char *cursor = script;

    rule_count = 0;
    memset(counts, 0, sizeof counts);
    injected = 0;
    while (*cursor) {
        if (rule_count == RULES_MAX)
            reject(script, cursor);
        read_rule(script, &cursor, &rules[rule_count++]);
        if (*cursor && !starts_with(&cursor, ";"))
            reject(script, cursor);
        cursor += strspn(cursor, " ");
    }
}

__attribute__((constructor)) static void read_environment(void)
{
    const char *script = getenv("ECHO_FAULTS");

    if (script)
        faults_set(script);
}

unsigned faults_calls(const char *call)
{
    for (int i = 0; i < CALLS; i++)
        if (strcmp(names[i], call) == 0)
            return __atomic_load_n(&counts[i], __ATOMIC_RELAXED);
    reject(call, call);
    return 0;
}

unsigned faults_injected(void)
{
    return __atomic_load_n(&injected, __ATOMIC_RELAXED);
}

/* splitmix64: the same number for the same call in every run. */
static double random_of(unsigned count)
{
    uint64_t x = (uint64_t)count * UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((x ^ (x >> 31)) >> 11) / (double)(UINT64_C(1) << 53);
}

static int applies(const struct rule *rule, unsigned count)
{
    unsigned last = rule->at_count ? rule->at[rule->at_count - 1] : 0;

    if (rule->probability > 0)
        return random_of(count) < rule->probability;
    if (!rule->at_count && !rule->every)
        return 1;
    for (unsigned i = 0; i < rule->at_count; i++)
        if (rule->at[i] == count)
            return 1;
    return rule->every && count > last && (count - last) % rule->every == 0;
}

/* 0 or the negative errno to return; may shorten *length. */
static int fault(enum call call, size_t *length)
{
    unsigned count = __atomic_add_fetch(&counts[call], 1, __ATOMIC_RELAXED);

    for (size_t i = 0; i < rule_count; i++) {
        if (rules[i].call != call || !applies(&rules[i], count))
            continue;
        if (rules[i].code) {
            __atomic_add_fetch(&injected, 1, __ATOMIC_RELAXED);
            return -rules[i].code;
        }
        if (length && *length > rules[i].limit) {
            __atomic_add_fetch(&injected, 1, __ATOMIC_RELAXED);
            *length = rules[i].limit;
        }
    }
    return 0;
}

/* The names that ld --wrap gives (ld(1)). */
#define WRAP(type, name, parameters, call, length, ...)                                            \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        int code = fault(call, length);                                                            \
                                                                                                   \
        return code ? code : __real_##name(__VA_ARGS__);                                           \
    }

WRAP(int, seam_socket, (int family, int type, int protocol), CALL_SOCKET, NULL, family, type,
     protocol)
WRAP(int, seam_bind, (int fd, const struct sockaddr *address, socklen_t length), CALL_BIND, NULL,
     fd, address, length)
WRAP(int, seam_listen, (int fd, int backlog), CALL_LISTEN, NULL, fd, backlog)
WRAP(int, seam_accept, (int fd, struct sockaddr *address, socklen_t *length), CALL_ACCEPT, NULL, fd,
     address, length)
WRAP(int, seam_connect, (int fd, const struct sockaddr *address, socklen_t length), CALL_CONNECT,
     NULL, fd, address, length)
WRAP(int, seam_setsockopt, (int fd, int level, int name, const void *value, socklen_t length),
     CALL_SETSOCKOPT, NULL, fd, level, name, value, length)
WRAP(int, seam_shutdown, (int fd, int how), CALL_SHUTDOWN, NULL, fd, how)
WRAP(pid_t, seam_getppid, (void), CALL_GETPPID, NULL)
WRAP(int, seam_pidfd_open, (pid_t process), CALL_PIDFD_OPEN, NULL, process)
WRAP(int, seam_pipe, (int fds[2]), CALL_PIPE, NULL, fds)
WRAP(ssize_t, seam_recv, (int fd, void *bytes, size_t size), CALL_RECV, &size, fd, bytes, size)
WRAP(ssize_t, seam_send, (int fd, const void *bytes, size_t length), CALL_SEND, &length, fd, bytes,
     length)
WRAP(ssize_t, seam_splice, (int from, int to, size_t length), CALL_SPLICE, &length, from, to,
     length)
WRAP(int, seam_epoll_wait, (int fd, struct epoll_event *events, int capacity, int timeout_ms),
     CALL_EPOLL_WAIT, NULL, fd, events, capacity, timeout_ms)

void *__real_seam_allocate(size_t size);
void *__wrap_seam_allocate(size_t size);
void *__wrap_seam_allocate(size_t size)
{
    return fault(CALL_ALLOCATE, NULL) ? NULL : __real_seam_allocate(size);
}
