/* SPDX-License-Identifier: ISC */
/*
 * A name service that can be silent. A program linked with -Wl,--wrap=getaddrinfo,--wrap=getpwnam
 * asks it: a name that begins with "silent" is never answered, all others go to the library. Each
 * silence writes "asking NAME" to standard error, so that a test can wait for it.
 */
#include <netdb.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct passwd *__real_getpwnam(const char *name);
struct passwd *__wrap_getpwnam(const char *name);
int __real_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found);
int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found);

static void be_silent(const char *name)
{
    dprintf(STDERR_FILENO, "asking %s\n", name);
    for (;;)
        pause();
}

struct passwd *__wrap_getpwnam(const char *name)
{
    if (strncmp(name, "silent", 6) == 0)
        be_silent(name);
    return __real_getpwnam(name);
}

int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found)
{
    if (node && strncmp(node, "silent", 6) == 0)
        be_silent(node);
    return __real_getaddrinfo(node, service, hints, found);
}
