/* SPDX-License-Identifier: ISC */
#include "bench/whole_file.h"

#include "transport/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Short: a name of any legal length can be replaced. */
#define TEMPORARY ".echo-XXXXXX"

/* Both in a new string, with a slash between them; NULL with errno. Frees the directory. */
static char *join(char *directory, const char *name)
{
    char *path = NULL;

    if (directory && asprintf(&path, "%s/%s", directory, name) < 0)
        path = NULL;
    free(directory);
    return path;
}

/* The path with all links resolved, also where the last one leads to a file that does not exist
 * yet: the file is replaced where it is, not the symbolic link to it. NULL with errno. */
static char *resolve(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *parent, *link, *target = realpath(path, NULL);
    ssize_t length;

    if (target || errno != ENOENT)
        return target;
    parent = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    target = join(parent ? realpath(parent, NULL) : NULL, slash ? slash + 1 : path);
    link = target ? malloc(PATH_MAX) : NULL;
    length = link ? readlink(target, link, PATH_MAX - 1) : -1;
    if (length > 0) {
        link[length] = '\0';
        free(target);
        target = *link == '/' ? strdup(link) : join(parent ? realpath(parent, NULL) : NULL, link);
        free(link);
        link = target;
        target = link ? resolve(link) : NULL; /* no loop: that is ELOOP, not ENOENT */
    }
    free(parent);
    free(link);
    return target;
}

/* Whether the target can be written, or a file be made in its directory; 0 or an errno. */
static int check_target(char *target, bool exists)
{
    char *slash = strrchr(target, '/');
    int code = 0;

    if (!slash[1])
        return EISDIR;
    if (exists)
        return access(target, W_OK) < 0 ? errno : 0;
    *slash = '\0';
    if (access(*target ? target : "/", W_OK | X_OK) < 0)
        code = errno;
    *slash = '/';
    return code;
}

/* A descriptor of what cannot be replaced: a device, a pipe, or the file that standard output or
 * standard error goes into, where the report follows what is there. 0: it can be replaced; or
 * -errno. */
static int open_directly(const char *path, const struct stat *now)
{
    int fd;

    for (fd = STDOUT_FILENO; S_ISREG(now->st_mode) && fd <= STDERR_FILENO; fd++) {
        struct stat standard;

        if (fstat(fd, &standard) == 0 && standard.st_dev == now->st_dev &&
            standard.st_ino == now->st_ino)
            break;
    }
    if (!S_ISREG(now->st_mode))
        fd = open(path, O_WRONLY | O_TRUNC | O_NOCTTY | O_CLOEXEC);
    else if (fd <= STDERR_FILENO)
        fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    else
        return 0;
    return fd < 0 ? -errno : fd;
}

int whole_file_open(struct whole_file *file, const char *path, struct reason *why)
{
    struct stat now;
    bool exists = stat(path, &now) == 0;
    int code = 0;

    *file = (struct whole_file){.path = path, .fd = exists ? open_directly(path, &now) : 0};
    if (file->fd < 0)
        code = -file->fd;
    else if (!*path)
        code = ENOENT;
    else if (!exists || S_ISREG(now.st_mode))
        code = (file->target = resolve(path)) ? 0 : errno;
    if (!code && !file->fd)
        code = check_target(file->target, exists);
    if (!code && !(file->stream = open_memstream(&file->bytes, &file->length)))
        code = errno;
    if (!code)
        return 0;
    if (file->fd > 0)
        io_close(&file->fd);
    free(file->target);
    file->target = NULL;
    return reason_errno(why, code, "create %s", path);
}

bool whole_file_same(const struct whole_file *one, const struct whole_file *other)
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

/* Writes all and closes. 0 or an errno. */
static int write_and_close(const struct whole_file *file, int fd)
{
    size_t done = 0;
    int code = fd < 0 ? errno : 0;

    while (!code && done < file->length) {
        ssize_t count = write(fd, file->bytes + done, file->length - done);

        if (count >= 0)
            done += (size_t)count;
        else if (errno != EINTR)
            code = errno;
    }
    /* Not for devices, and not on all file systems. */
    if (!code && fsync(fd) < 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS)
        code = errno;
    if (fd >= 0 && close(fd) < 0 && !code)
        code = errno;
    return code;
}

/* Better not whole than lost after a long run: the directory takes no file, or does not let one be
 * replaced, as that of another user in /tmp. */
static int write_in_place(const struct whole_file *file)
{
    int fd = open(file->target, O_WRONLY | O_TRUNC | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT)
        fd = open(file->target, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    return write_and_close(file, fd);
}

/* 0 or an errno. */
static int replace(const struct whole_file *file)
{
    char *slash = strrchr(file->target, '/');
    char *temporary = join(strndup(file->target, (size_t)(slash - file->target)), TEMPORARY);
    int fd = temporary ? mkostemp(temporary, O_CLOEXEC) : -1;
    int code;

    if (fd < 0) {
        free(temporary);
        return write_in_place(file);
    }
    /* Some file systems have no modes: the report matters more. */
    (void)!fchmod(fd, mode_for(file->target));
    code = write_and_close(file, fd);
    if (code || rename(temporary, file->target) < 0) {
        unlink(temporary);
        if (!code)
            code = write_in_place(file);
    }
    free(temporary);
    return code;
}

int whole_file_commit(struct whole_file *file, struct reason *why)
{
    int code = 0;

    if (!file->stream)
        return 0;
    if (ferror(file->stream)) /* it is memory */
        code = ENOMEM;
    if (fclose(file->stream) != 0 && !code)
        code = errno;
    if (file->fd > 0 && !code)
        code = write_and_close(file, file->fd);
    else if (!code && file->length)
        code = replace(file);
    free(file->bytes);
    free(file->target);
    file->stream = NULL;
    file->bytes = file->target = NULL;
    if (code) /* not reason_errno: EPIPE is no RESET by the peer */
        return reason_set(why, REASON_OTHER, code, "write %s: %s", file->path, strerror(code));
    return 0;
}
