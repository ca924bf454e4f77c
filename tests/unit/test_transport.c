/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "lib/endpoints.h"
#include "lib/testing.h"
#include "transport/io.h"
#include "transport/transport.h"
#include "transport/transport_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct listen_options plain = {
    .backlog = 16, .mode = 0660, .owner = (uid_t)-1, .group = (gid_t)-1};

static void check(int result, const struct reason *why)
{
    if (result < 0)
        fail_msg("%s: %s", reason_name(why->word), why->text);
}

static struct address resolve(const struct endpoint *endpoint, enum transport_role role)
{
    struct address list[TRANSPORT_ADDRESSES_MAX];
    struct reason why;

    check(transport_resolve(endpoint, role, list, COUNT(list), &why), &why);
    return list[0];
}

/* Listens and gives the address that clients connect to. */
static struct transport_listener start(const struct endpoint *endpoint, struct address *bound)
{
    struct address address = resolve(endpoint, TRANSPORT_SERVER);
    struct transport_listener listener;
    struct reason why;

    check(transport_listen(&listener, &address, &plain, &why), &why);
    assert_int_equal(transport_local_address(listener.fd, bound), 0);
    return listener;
}

static void wait_for(int fd, short events)
{
    struct pollfd wanted = {.fd = fd, .events = events};

    assert_int_equal(poll(&wanted, 1, 5000), 1);
}

static int connect_to(const struct address *address)
{
    struct reason why;
    int pending, fd = transport_connect(address, NULL, &pending, &why);

    check(fd, &why);
    if (pending) {
        wait_for(fd, POLLOUT);
        check(transport_connect_result(fd, address, &why), &why);
    }
    return fd;
}

static int accept_one(int listen_fd, struct address *peer)
{
    int fd;

    wait_for(listen_fd, POLLIN);
    fd = transport_accept(listen_fd, peer);
    assert_true(fd >= 0);
    return fd;
}

static void expect(int fd, const char *text)
{
    char bytes[64];

    wait_for(fd, POLLIN);
    assert_int_equal(io_receive(fd, bytes, sizeof bytes), strlen(text));
    assert_memory_equal(bytes, text, strlen(text));
}

static void assert_private(int fd)
{
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void converse(const struct endpoints_row *row, const struct endpoint *endpoint)
{
    struct address bound, peer;
    struct transport_listener listener = start(endpoint, &bound);
    int client, served;
    char byte;

    (void)row;
    assert_private(listener.fd);
    assert_int_equal(transport_accept(listener.fd, &peer), -EAGAIN);
    client = connect_to(&bound);
    served = accept_one(listener.fd, &peer);
    assert_private(client);
    assert_private(served);
    assert_int_equal(address_family(&peer), row->family);
    assert_int_equal(io_receive(served, &byte, 1), -EAGAIN);
    assert_int_equal(io_send(client, "to you", 6), 6);
    expect(served, "to you");
    assert_int_equal(io_send(served, "and back", 8), 8);
    expect(client, "and back");

    /* Half-close: one direction ends, the other lives. */
    assert_int_equal(io_half_close(client), 0);
    wait_for(served, POLLIN);
    assert_int_equal(io_receive(served, &byte, 1), 0);
    assert_int_equal(io_send(served, "rest", 4), 4);
    expect(client, "rest");
    assert_int_equal(io_half_close(served), 0);
    wait_for(client, POLLIN);
    assert_int_equal(io_receive(client, &byte, 1), 0);

    io_close(&client);
    io_close(&served);
    transport_unlisten(&listener);
    assert_int_equal(listener.fd, -1);
}

static void conversations(void **state)
{
    (void)state;
    endpoints_each(converse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
