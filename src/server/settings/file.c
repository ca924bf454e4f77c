/* SPDX-License-Identifier: ISC */
#include "server/settings/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX ((size_t)1 << 20)

static const char *kind_of_file(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return "a directory";
    case S_IFIFO:
        return "a FIFO";
    case S_IFSOCK:
        return "a socket";
    default:
        return "a device";
    }
}

static int check_file(int fd, const char *path, struct reason *why)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return reason_errno(why, errno, "fstat %s", path);
    if (!S_ISREG(status.st_mode))
        return reason_set(why, REASON_OTHER, 0, "%s is %s, not a regular file", path,
                          kind_of_file(status.st_mode));
    if (geteuid() == 0 && (status.st_mode & S_IWOTH))
        return reason_set(why, REASON_PERM, 0,
                          "%s may be written by everybody: not read as root (chmod o-w)", path);
    return 0;
}

/* Reads to the end rather than st_size bytes: files of /proc say 0, and a file may grow. */
static int read_all(int fd, const char *path, char *text, struct reason *why)
{
    size_t length = 0;

    for (;;) {
        ssize_t count = read(fd, text + length, FILE_MAX + 1 - length);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return reason_errno(why, errno, "read %s", path);
        if (count == 0)
            break;
        length += (size_t)count;
        if (length > FILE_MAX)
            return reason_set(why, REASON_OTHER, 0,
                              "%s is larger than 1 MiB: no settings file needs that", path);
    }
    text[length] = '\0';
    if (strlen(text) != length)
        return reason_set(why, REASON_OTHER, 0, "%s holds a NUL byte: it is not plain text", path);
    return 0;
}

int file_read(const char *path, char **text, struct reason *why)
{
    /* Without O_NONBLOCK the open of a FIFO would wait for a writer. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    char *buffer = NULL;
    int result = -1;

    if (fd < 0)
        return reason_errno(why, errno, "open %s", path);
    if (check_file(fd, path, why) < 0)
        goto out;
    buffer = malloc(FILE_MAX + 2);
    if (!buffer) {
        reason_errno(why, ENOMEM, "read %s", path);
        goto out;
    }
    if (read_all(fd, path, buffer, why) < 0)
        goto out;
    *text = buffer;
    buffer = NULL;
    result = 0;
out:
    free(buffer);
    close(fd);
    return result;
}
