/* SPDX-License-Identifier: ISC */
#include "transport/address_unix.h"

#include "base/text.h"
#include "transport/endpoint_unix.h"
#include "transport/locks.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

static const struct sockaddr_un *name_of(const struct address *address)
{
    return (const struct sockaddr_un *)&address->storage;
}

static size_t name_length(const struct address *address)
{
    return address->length - offsetof(struct sockaddr_un, sun_path);
}

void address_unix_set(struct address *address, const char *name, size_t length, bool is_abstract)
{
    struct sockaddr_un *place = (struct sockaddr_un *)&address->storage;

    place->sun_family = AF_UNIX;
    /* A path counts its terminating NUL (unix(7)), an abstract name the NUL before it. */
    memcpy(place->sun_path + is_abstract, name, length);
    address->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
}

const char *address_unix_path(const struct address *address)
{
    return address_family(address) == AF_UNIX && name_length(address) > 0 &&
                   name_of(address)->sun_path[0] != '\0'
               ? name_of(address)->sun_path
               : NULL;
}

/* A path of a foreign socket may fill sun_path without a NUL, or be relative. */
static void unix_format(const struct address *address, char *text, size_t size)
{
    const char *path = address_unix_path(address);
    size_t length = name_length(address);
    int used;

    if (path) {
        endpoint_unix_print_path(path, strnlen(path, length), text, size);
        return;
    }
    used = snprintf(text, size, "unix:%s", length ? "@" : "");
    if (length && (size_t)used < size)
        text_escape(text + used, size - (size_t)used, name_of(address)->sun_path + 1, length - 1);
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* One file has many paths: relative ones, through links of directories, and with links to itself.
 */
static enum address_overlap unix_overlap(const struct address *a, const struct address *b)
{
    const char *paths[] = {address_unix_path(a), address_unix_path(b)};
    char directory[ENDPOINT_UNIX_NAME_MAX + 1];
    struct stat status[2];

    if (!paths[0] || !paths[1])
        return a->length == b->length && memcmp(&a->storage, &b->storage, (size_t)a->length) == 0
                   ? ADDRESS_SAME
                   : ADDRESS_APART;
    if (strcmp(base_of(paths[0]), base_of(paths[1])) == 0) {
        if (strcmp(paths[0], paths[1]) == 0)
            return ADDRESS_SAME;
        for (int i = 0; i < 2; i++)
            if (stat(locks_directory(paths[i], directory, sizeof directory), &status[i]) < 0)
                return ADDRESS_APART;
        if (is_same_file(&status[0], &status[1]))
            return ADDRESS_SAME;
    }
    for (int i = 1; i >= 0; i--)
        if (stat(paths[i], &status[i]) < 0)
            return ADDRESS_APART;
    return is_same_file(&status[0], &status[1]) ? ADDRESS_OVERLAP : ADDRESS_APART;
}

const struct address_family address_unix = {
    .family = AF_UNIX,
    .name = "AF_UNIX",
    .host = NULL,
    .format = unix_format,
    .overlap = unix_overlap,
};
