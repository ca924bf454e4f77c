/* SPDX-License-Identifier: ISC */
#include "bench/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The path with its directory resolved; NULL with errno. */
static char *resolve(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *parent, *directory, *target = NULL;

    /* A file that is there is replaced where it is, not the symbolic link to it. */
    if ((target = realpath(path, NULL)) || errno != ENOENT)
        return target;
    parent = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    directory = parent ? realpath(parent, NULL) : NULL;
    if (directory && asprintf(&target, "%s/%s", directory, slash ? slash + 1 : path) < 0)
        target = NULL;
    free(parent);
    free(directory);
    return target;
}

/* Whether a file can be made beside the target, and the target be replaced; 0 or an errno. */
static int check_target(char *target, int exists)
{
    char *slash = strrchr(target, '/');
    int code = 0;

    if (!slash[1])
        return EISDIR;
    if (exists && access(target, W_OK) < 0)
        return errno;
    *slash = '\0';
    if (access(*target ? target : "/", W_OK | X_OK) < 0)
        code = errno;
    *slash = '/';
    return code;
}

int whole_file_open(struct whole_file *file, const char *path, struct reason *why)
{
    struct stat now;
    int exists = stat(path, &now) == 0;
    int code = 0;

    *file = (struct whole_file){.path = path};
    if (exists && !S_ISREG(now.st_mode)) {
        file->stream = fopen(path, "we");
        return file->stream ? 0 : reason_errno(why, errno, "create %s", path);
    }
    if (!*path)
        return reason_errno(why, ENOENT, "create %s", path);
    file->target = resolve(path);
    code = file->target ? check_target(file->target, exists) : errno;
    if (!code && !(file->stream = open_memstream(&file->bytes, &file->length)))
        code = errno;
    if (!code)
        return 0;
    free(file->target);
    file->target = NULL;
    return reason_errno(why, code, "create %s", path);
}

int whole_file_same(const struct whole_file *one, const struct whole_file *other)
{
    return one->target && other->target && strcmp(one->target, other->target) == 0;
}

/* The permissions of the file that is replaced, or those of a new one. */
static mode_t mode_for(const char *target)
{
    struct stat now;
    mode_t mask;

    if (stat(target, &now) == 0)
        return now.st_mode & 07777;
    mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static int write_all(int fd, const char *bytes, size_t length)
{
    while (length) {
        ssize_t count = write(fd, bytes, length);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        bytes += count;
        length -= (size_t)count;
    }
    return 0;
}

/* 0 or an errno. */
static int replace(const struct whole_file *file)
{
    char *temporary;
    int fd, code = 0;

    if (asprintf(&temporary, "%s.XXXXXX", file->target) < 0)
        return ENOMEM;
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        code = errno;
        free(temporary);
        return code;
    }
    if (write_all(fd, file->bytes, file->length) < 0 || fchmod(fd, mode_for(file->target)) < 0 ||
        fsync(fd) < 0)
        code = errno;
    if (close(fd) < 0 && !code)
        code = errno;
    if (!code && rename(temporary, file->target) < 0)
        code = errno;
    if (code)
        unlink(temporary);
    free(temporary);
    return code;
}

int whole_file_commit(struct whole_file *file, struct reason *why)
{
    int code = 0;

    if (!file->stream)
        return 0;
    if (ferror(file->stream))
        code = EIO;
    if (fclose(file->stream) != 0 && !code)
        code = errno;
    if (!code && file->target && file->length)
        code = replace(file);
    free(file->bytes);
    free(file->target);
    file->stream = NULL;
    file->bytes = file->target = NULL;
    return code ? reason_errno(why, code, "write %s", file->path) : 0;
}
