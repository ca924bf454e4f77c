/* SPDX-License-Identifier: ISC */
#include "lib/sockets.h"

#include "lib/testing.h"
#include "transport/io.h"

#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

const struct listen_options sockets_plain = {
    .backlog = 16, .mode = 0660, .owner = (uid_t)-1, .group = (gid_t)-1};

static void check(int result, const struct reason *why)
{
    if (result < 0)
        fail_msg("%s: %s", reason_name(why->word), why->text);
}

struct address sockets_resolve(const struct endpoint *endpoint, enum transport_role role)
{
    struct address list[TRANSPORT_ADDRESSES_MAX];
    struct reason why;

    check(transport_resolve(endpoint, role, list, COUNT(list), &why), &why);
    return list[0];
}

struct transport_listener sockets_listen(const struct endpoint *endpoint,
                                         const struct listen_options *options,
                                         struct address *bound)
{
    struct address address = sockets_resolve(endpoint, TRANSPORT_SERVER);
    struct listen_options locked = options ? *options : sockets_plain;
    struct transport_listener listener;
    struct locks locks = {0};
    struct reason why;

    assert_int_equal(locks_try(&locks, endpoint), 0);
    locked.locks = &locks;
    check(transport_listen(&listener, &address, &locked, &why), &why);
    locks_release(&locks);
    assert_int_equal(transport_local_address(listener.fd, bound), 0);
    return listener;
}

int sockets_connect(const struct address *address)
{
    struct reason why;
    bool pending;
    int fd = transport_connect(address, NULL, &pending, &why);

    check(fd, &why);
    if (pending) {
        sockets_wait(fd, POLLOUT);
        check(transport_connect_result(fd, address, &why), &why);
    }
    return fd;
}

int sockets_accept(int listen_fd, struct address *peer)
{
    struct address local;
    int fd;

    assert_int_equal(transport_local_address(listen_fd, &local), 0);
    sockets_wait(listen_fd, POLLIN);
    fd = transport_accept(listen_fd, &local, peer);
    assert_true(fd >= 0);
    return fd;
}

void sockets_wait(int fd, short events)
{
    struct pollfd wanted = {.fd = fd, .events = events};

    assert_int_equal(poll(&wanted, 1, 5000), 1);
}

void sockets_wait_watched(const struct loop *loop, const struct loop_source *source, short events)
{
    sockets_wait(source->fd, events);
    if (source->watched & LOOP_READ)
        sockets_wait(loop->fd, POLLIN);
}

void sockets_expect(int fd, const char *text)
{
    char bytes[64];

    sockets_wait(fd, POLLIN);
    assert_int_equal(io_receive(fd, bytes, sizeof bytes), strlen(text));
    assert_memory_equal(bytes, text, strlen(text));
}

int sockets_unprivileged(int (*body)(const struct address *address, struct reason *why),
                         const struct address *address, struct reason *why)
{
    struct {
        int result;
        struct reason why;
    } answer;
    int fds[2], status;
    pid_t child;

    assert_int_equal(pipe(fds), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        memset(&answer, 0, sizeof answer);
        if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
                               setresuid(NOBODY, NOBODY, NOBODY) < 0))
            _exit(1);
        answer.result = body(address, &answer.why);
        _exit(write(fds[1], &answer, sizeof answer) != sizeof answer);
    }
    close(fds[1]);
    assert_int_equal(read(fds[0], &answer, sizeof answer), sizeof answer);
    close(fds[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    *why = answer.why;
    return answer.result;
}

void sockets_unix_pair(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
}

void sockets_tcp_pair(int fds[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    fds[1] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fds[1], (struct sockaddr *)&address, length), 0);
    fds[0] = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    assert_true(fds[0] >= 0);
    close(listener);
}
