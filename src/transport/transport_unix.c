/* SPDX-License-Identifier: ISC */
#include "transport/transport_unix.h"

#include "base/seam.h"
#include "transport/address.h"
#include "transport/address_unix.h"
#include "transport/endpoint_unix.h"
#include "transport/io.h"
#include "transport/locks.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int unix_resolve(const struct endpoint *endpoint, enum transport_role role,
                        struct address *list, size_t capacity, struct reason *why)
{
    (void)role;
    assert(capacity > 0 && endpoint->length <= ENDPOINT_UNIX_NAME_MAX);
    (void)why;
    address_unix_set(list, endpoint->name, endpoint->length, endpoint->is_abstract);
    return 1;
}

/* Whether somebody answers at an address that is taken: 0 and the server's pid (0 when unknown), or
 * the negative errno. */
static int probe(const struct address *address, pid_t *pid)
{
    struct ucred server = {0};
    socklen_t length = sizeof server;
    int fd = seam_socket(AF_UNIX, address->type, 0);
    int code;

    *pid = 0;
    if (fd < 0)
        return fd;
    do
        code = seam_connect(fd, (const struct sockaddr *)&address->storage, address->length);
    while (code == -EINTR);
    if (code == 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &server, &length) == 0)
        *pid = server.pid;
    /* A full backlog is a busy server. */
    if (code == -EAGAIN)
        code = 0;
    io_close(&fd);
    return code;
}

static int refuse_live(const char *text, pid_t pid, struct reason *why)
{
    char who[32] = "";

    if (pid)
        snprintf(who, sizeof who, ", pid %d,", (int)pid);
    return reason_errno(why, EADDRINUSE, "bind %s: another server%s answers there", text, who);
}

static const char *kind_of_file(mode_t mode)
{
    return S_ISREG(mode)    ? "a regular file"
           : S_ISDIR(mode)  ? "a directory"
           : S_ISLNK(mode)  ? "a symbolic link"
           : S_ISFIFO(mode) ? "a FIFO"
                            : "a device";
}

static int explain_bind(const char *text, const char *path, int code, struct reason *why)
{
    char directory[ENDPOINT_UNIX_NAME_MAX + 1];

    locks_directory(path, directory, sizeof directory);
    if (code == EACCES || code == EROFS)
        return reason_errno(why, code, "bind %s: no file can be made in the directory %s", text,
                            directory);
    if (code == ENOENT || code == ENOTDIR)
        return reason_errno(why, code, "bind %s: the directory %s", text, directory);
    return reason_errno(why, code, "bind %s", text);
}

static int refuse_file(const char *text, mode_t mode, struct reason *why)
{
    return reason_set(why, REASON_OTHER, EADDRINUSE,
                      "bind %s: %s is in its place, left as it is: choose another path", text,
                      kind_of_file(mode));
}

/* Whether a file that we make in a directory can be given away; a descriptor of our own tells, by
 * the rules of the kernel. 0 or a negative errno. */
static int try_owner(const struct listen_options *options, const struct stat *directory)
{
    /* There a new file has that group already. */
    bool inherits = directory->st_mode & S_ISGID && directory->st_gid == options->group;
    gid_t group = inherits ? (gid_t)-1 : options->group;
    int fd, code = 0;

    if (options->owner == (uid_t)-1 && group == (gid_t)-1)
        return 0;
    fd = seam_socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0)
        return fd;
    if (fchown(fd, options->owner, group) < 0)
        code = -errno;
    io_close(&fd);
    return code;
}

int transport_unix_check(const struct address *address, const struct listen_options *options,
                         struct reason *why)
{
    const char *path = address_unix_path(address);
    char text[ADDRESS_TEXT_SIZE], directory[ENDPOINT_UNIX_NAME_MAX + 1];
    struct stat status, there;
    int code;

    address_format(address, text, sizeof text);
    locks_directory(path, directory, sizeof directory);
    if (stat(directory, &there) < 0)
        return explain_bind(text, path, errno, why);
    if (!S_ISDIR(there.st_mode))
        return explain_bind(text, path, ENOTDIR, why);
    if (faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) < 0)
        return explain_bind(text, path, errno, why);
    if (lstat(path, &status) == 0 && !S_ISSOCK(status.st_mode))
        return refuse_file(text, status.st_mode, why);
    code = try_owner(options, &there);
    return code < 0 ? reason_errno(why, -code, "chown %s", text) : 0;
}

/* The path is taken. Removes it when that is safe: 0 to bind again, or -1. */
static int remove_dead(const struct address *address, const char *text, bool locked,
                       struct reason *why)
{
    const char *path = address_unix_path(address);
    struct stat status;
    pid_t pid;
    int code;

    if (lstat(path, &status) < 0)
        return errno == ENOENT ? 0 : explain_bind(text, path, errno, why);
    if (!S_ISSOCK(status.st_mode))
        return refuse_file(text, status.st_mode, why);
    code = probe(address, &pid);
    if (code == 0)
        return refuse_live(text, pid, why);
    if (code == -ENOENT)
        return 0;
    if (code == -EACCES || code == -EPERM)
        return reason_errno(why, -code,
                            "bind %s: a socket is in its place and may not be asked whether "
                            "somebody listens",
                            text);
    if (code != -ECONNREFUSED)
        return reason_errno(why, -code, "bind %s: a socket is in its place, connect", text);
    if (!locked)
        return reason_set(why, REASON_OTHER, EADDRINUSE,
                          "bind %s: a dead socket is in its place, and its directory cannot be "
                          "locked to replace it: remove it by hand",
                          text);
    if (unlink(path) < 0 && errno != ENOENT)
        return reason_errno(why, errno, "bind %s: remove the dead socket in its place", text);
    return 0;
}

/* Binds under a umask that lets the file be born with its mode. */
static int bind_with_mode(int fd, const struct address *address, mode_t mode)
{
    mode_t saved = umask(0777 & ~mode);
    int code = seam_bind(fd, (const struct sockaddr *)&address->storage, address->length);

    umask(saved);
    return code;
}

/* Without following a link: what fchmodat(2) does with AT_SYMLINK_NOFOLLOW in libraries that can
 * (not in glibc before 2.32). 0 or a negative errno. */
static int change_mode(const char *path, mode_t mode)
{
    char link[32];
    int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    int code = 0;

    if (fd < 0)
        return -errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (chmod(link, mode) < 0)
        code = -errno;
    io_close(&fd);
    return code;
}

/* Keeps what identifies our file, and gives it its owner. Nobody can connect before listen, so the
 * owner and a mode that the directory's default ACL has changed are right in time. */
static int adopt_path(struct transport_listener *listener, const char *path, const char *text,
                      const struct listen_options *options, struct reason *why)
{
    struct stat status;
    int code;

    if (lstat(path, &status) < 0)
        return reason_errno(why, errno, "stat %s", text);
    listener->device = status.st_dev;
    listener->inode = status.st_ino;
    memcpy(listener->path, path, strlen(path) + 1);
    if ((options->owner != (uid_t)-1 || options->group != (gid_t)-1) &&
        lchown(path, options->owner, options->group) < 0)
        return reason_errno(why, errno, "chown %s", text);
    code = (status.st_mode & 0777) != (options->mode & 0777)
               ? change_mode(path, options->mode & 0777)
               : 0;
    return code < 0 ? reason_errno(why, -code, "chmod %s", text) : 0;
}

static int listen_path(struct transport_listener *listener, const struct address *address,
                       const struct listen_options *options, struct reason *why)
{
    const char *path = address_unix_path(address);
    enum locks_state lock = locks_state(options->locks, path);
    char text[ADDRESS_TEXT_SIZE];
    int code;

    address_format(address, text, sizeof text);
    if (lock == LOCKS_FOREIGN) {
        char directory[ENDPOINT_UNIX_NAME_MAX + 1];

        return reason_set(why, REASON_OTHER, EWOULDBLOCK,
                          "lock the directory %s for %s: another process has held the lock for 2 s",
                          locks_directory(path, directory, sizeof directory), text);
    }
    code = bind_with_mode(listener->fd, address, options->mode);
    if (code == -EADDRINUSE) {
        if (remove_dead(address, text, lock == LOCKS_HELD, why) < 0)
            return -1;
        code = bind_with_mode(listener->fd, address, options->mode);
    }
    if (code < 0)
        return explain_bind(text, path, -code, why);
    if (adopt_path(listener, path, text, options, why) < 0)
        return -1;
    code = seam_listen(listener->fd, options->backlog);
    return code < 0 ? reason_errno(why, -code, "listen %s", text) : 0;
}

static int listen_abstract(struct transport_listener *listener, const struct address *address,
                           const struct listen_options *options, struct reason *why)
{
    char text[ADDRESS_TEXT_SIZE];
    pid_t pid;
    int code;

    address_format(address, text, sizeof text);
    code = seam_bind(listener->fd, (const struct sockaddr *)&address->storage, address->length);
    /* Whoever has bound the name holds it as long as it lives, listening or not. */
    if (code == -EADDRINUSE && probe(address, &pid) == 0)
        return refuse_live(text, pid, why);
    if (code < 0)
        return reason_errno(why, -code, "bind %s", text);
    code = seam_listen(listener->fd, options->backlog);
    if (code < 0)
        return reason_errno(why, -code, "listen %s", text);
    return 0;
}

static int unix_listen(struct transport_listener *listener, const struct address *address,
                       const struct listen_options *options, struct reason *why)
{
    return address_unix_path(address) ? listen_path(listener, address, options, why)
                                      : listen_abstract(listener, address, options, why);
}

/* Which part of the path keeps us out. */
static int explain_permission(const char *path, int code, struct reason *why)
{
    char part[ENDPOINT_UNIX_NAME_MAX + 2];
    struct stat status;

    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", slash == path ? 1 : (int)(slash - path), path);
        if (faccessat(AT_FDCWD, part, X_OK, AT_EACCESS) < 0 && stat(part, &status) == 0)
            return reason_set(why, REASON_PERM, code,
                              "no permission to search the directory %s (mode %04o, uid %u, gid "
                              "%u)",
                              part, status.st_mode & 07777, status.st_uid, status.st_gid);
    }
    if (stat(path, &status) == 0)
        return reason_set(why, REASON_PERM, code,
                          "no permission to write to the socket %s (mode %04o, uid %u, gid %u)",
                          path, status.st_mode & 07777, status.st_uid, status.st_gid);
    return reason_errno(why, code, "connect to %s", path);
}

static int unix_explain(const struct address *address, int code, struct reason *why)
{
    char directory[ENDPOINT_UNIX_NAME_MAX + 1];
    const char *path = address_unix_path(address);
    char text[ADDRESS_TEXT_SIZE];
    struct stat status;

    switch (code) {
    case EACCES:
    case EPERM:
        return address_unix_path(address)
                   ? explain_permission(path, code, why)
                   : reason_errno(why, code, "connect %s",
                                  address_format(address, text, sizeof text));
    case ECONNREFUSED:
        if (!address_unix_path(address))
            return reason_set(why, REASON_REFUSED, code, "nothing is listening on this name");
        if (stat(path, &status) == 0 && !S_ISSOCK(status.st_mode))
            return reason_set(why, REASON_REFUSED, code, "%s is at this path, not a socket",
                              kind_of_file(status.st_mode));
        return reason_set(why, REASON_REFUSED, code,
                          "nothing is listening on this socket (stale file?)");
    case ENOENT:
        if (!path)
            return reason_errno(why, code, "connect %s",
                                address_format(address, text, sizeof text));
        locks_directory(path, directory, sizeof directory);
        return reason_set(why, REASON_NOENT, code, "there is no %s %s",
                          stat(directory, &status) == 0 ? "such socket in" : "directory",
                          directory);
    case EPROTOTYPE:
        return reason_set(why, REASON_REFUSED, code,
                          "a socket of another type (datagram or seqpacket) is at this path");
    case EAGAIN:
        return reason_set(why, REASON_TIMEOUT, code,
                          "the server's queue of waiting connections is full");
    default:
        return reason_errno(why, code, "connect %s", address_format(address, text, sizeof text));
    }
}

const struct transport transport_unix = {
    .name = "unix",
    .kind = ENDPOINT_UNIX,
    .families = {AF_UNIX},
    .type = SOCK_STREAM,
    .protocol = 0,
    .shares_port = false,
    .ends_queue = true,
    .inherits_options = false,
    .resolve = unix_resolve,
    .listen = unix_listen,
    .explain = unix_explain,
};
