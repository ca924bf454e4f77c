/* SPDX-License-Identifier: ISC */
#include "transport/locks.h"

#include "transport/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

struct locks_entry {
    int fd; /* -1: another process holds it */
    dev_t device;
    ino_t inode;
};

const char *locks_directory(const char *path, char *directory, size_t size)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        snprintf(directory, size, ".");
    else
        snprintf(directory, size, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    return directory;
}

static struct locks_entry *find(const struct locks *locks, const struct stat *status)
{
    for (size_t i = 0; i < locks->count; i++)
        if (locks->list[i].device == status->st_dev && locks->list[i].inode == status->st_ino)
            return &locks->list[i];
    return NULL;
}

int locks_try(struct locks *locks, const struct endpoint *endpoint)
{
    const char *path = endpoint_path(endpoint);
    char directory[ENDPOINT_NAME_MAX + 1];
    struct locks_entry *list, *known;
    struct stat status;
    int fd, code;

    if (!path)
        return 0;
    fd = open(locks_directory(path, directory, sizeof directory),
              O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) < 0) {
        io_close(&fd);
        return 0;
    }
    known = find(locks, &status);
    if (known) {
        io_close(&fd);
        return known->fd < 0 ? -EWOULDBLOCK : 0;
    }
    list = realloc(locks->list, (locks->count + 1) * sizeof *list);
    if (!list) {
        io_close(&fd);
        return -ENOMEM;
    }
    locks->list = list;
    do
        code = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
    while (code == -EINTR);
    if (code < 0)
        io_close(&fd);
    if (code < 0 && code != -EWOULDBLOCK)
        return 0; /* a file system that has no locks */
    list[locks->count++] = (struct locks_entry){fd, status.st_dev, status.st_ino};
    return code;
}

enum locks_state locks_state(const struct locks *locks, const char *path)
{
    char directory[ENDPOINT_NAME_MAX + 1];
    const struct locks_entry *entry;
    struct stat status;

    if (!locks || stat(locks_directory(path, directory, sizeof directory), &status) < 0)
        return LOCKS_NONE;
    entry = find(locks, &status);
    return !entry ? LOCKS_NONE : entry->fd < 0 ? LOCKS_FOREIGN : LOCKS_HELD;
}

void locks_release(struct locks *locks)
{
    for (size_t i = 0; i < locks->count; i++)
        io_close(&locks->list[i].fd);
    free(locks->list);
    *locks = (struct locks){0};
}
