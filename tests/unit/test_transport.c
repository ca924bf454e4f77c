/* SPDX-License-Identifier: ISC */
/* What holds for every transport. */
#include "lib/endpoints.h"
#include "lib/room.h"
#include "lib/sockets.h"
#include "lib/testing.h"
#include "transport/credentials.h"
#include "transport/io.h"
#include "transport/transport.h"
#include "transport/transport_inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

static void assert_private(int fd)
{
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void converse(const struct endpoints_row *row, const struct endpoint *endpoint)
{
    struct address bound, peer;
    struct transport_listener listener = sockets_listen(endpoint, NULL, &bound);
    int client, served;
    char byte;

    assert_private(listener.fd);
    assert_int_equal(transport_accept(listener.fd, &bound, &peer), -EAGAIN);
    client = sockets_connect(&bound);
    served = sockets_accept(listener.fd, &peer);
    assert_private(client);
    assert_private(served);
    assert_int_equal(address_family(&peer), row->family);
    assert_int_equal(io_receive(served, &byte, 1), -EAGAIN);
    assert_int_equal(io_send(client, "to you", 6), 6);
    sockets_expect(served, "to you");
    assert_int_equal(io_send(served, "and back", 8), 8);
    sockets_expect(client, "and back");

    /* One direction ends, the other lives. */
    assert_int_equal(io_half_close(client), 0);
    sockets_expect(served, "");
    assert_int_equal(io_send(served, "rest", 4), 4);
    sockets_expect(client, "rest");
    assert_int_equal(io_half_close(served), 0);
    sockets_expect(client, "");

    io_close(&client);
    io_close(&served);
    transport_unlisten(&listener);
    assert_int_equal(listener.fd, -1);
    transport_unlisten(&listener);
}

static void conversations(void **state)
{
    (void)state;
    endpoints_each(converse);
}

static void keep_urgent(const struct endpoints_row *row, const struct endpoint *endpoint)
{
    struct address bound, peer;
    struct transport_listener listener = sockets_listen(endpoint, NULL, &bound);
    int client = sockets_connect(&bound), served = sockets_accept(listener.fd, &peer);

    (void)row;
    assert_int_equal(io_send(client, "abc", 3), 3);
    sockets_expect(served, "abc");
    /* A kernel may lack out-of-band bytes on Unix sockets: then none can be lost. */
    if (send(client, "X", 1, MSG_OOB) == 1)
        sockets_expect(served, "X");
    assert_int_equal(io_send(client, "def", 3), 3);
    sockets_expect(served, "def");
    if (send(served, "Y", 1, MSG_OOB) == 1)
        sockets_expect(client, "Y");
    assert_int_equal(io_send(served, "ghi", 3), 3);
    sockets_expect(client, "ghi");
    io_close(&client);
    io_close(&served);
    transport_unlisten(&listener);
}

static void urgent_bytes_stay_in_the_stream(void **state)
{
    (void)state;
    endpoints_each(keep_urgent);
}

static void listen_twice(const struct endpoints_row *row, const struct endpoint *endpoint)
{
    struct address bound, peer;
    struct transport_listener second, first = sockets_listen(endpoint, NULL, &bound);
    struct reason why;
    char text[ADDRESS_TEXT_SIZE];
    int client, served;

    assert_int_equal(transport_listen(&second, &bound, &sockets_plain, &why), -1);
    assert_int_equal(second.fd, -1);
    assert_int_equal(why.code, EADDRINUSE);
    assert_int_equal(why.word, REASON_OTHER);
    address_format(&bound, text, sizeof text);
    if (!strstr(why.text, text) || strncmp(why.text, "bind ", 5) != 0)
        fail_msg("%s: %s", row->name, why.text);
    if (row->family == AF_UNIX) {
        snprintf(text, sizeof text, "another server, pid %d, answers there", (int)getpid());
        if (!strstr(why.text, text))
            fail_msg("%s: %s", row->name, why.text);
        /* The probe was a client like others. */
        served = sockets_accept(first.fd, &peer);
        sockets_expect(served, "");
        io_close(&served);
    }
    transport_unlisten(&second);
    client = sockets_connect(&bound);
    served = sockets_accept(first.fd, &peer);
    io_close(&client);
    io_close(&served);
    transport_unlisten(&first);
}

static void a_second_listener_is_refused(void **state)
{
    (void)state;
    endpoints_each(listen_twice);
}

static void restart(const struct endpoints_row *row, const struct endpoint *endpoint)
{
    struct address bound, peer;
    struct transport_listener listener = sockets_listen(endpoint, NULL, &bound);
    struct reason why;
    int client = sockets_connect(&bound), served = sockets_accept(listener.fd, &peer);

    (void)row;
    /* The server ends the connection first, so its side waits in TIME_WAIT. */
    io_close(&served);
    sockets_expect(client, "");
    io_close(&client);
    transport_unlisten(&listener);
    if (transport_listen(&listener, &bound, &sockets_plain, &why) < 0)
        fail_msg("%s: %s", row->name, why.text);
    transport_unlisten(&listener);
}

static void a_restart_gets_the_address_back(void **state)
{
    (void)state;
    endpoints_each(restart);
}

static void refuse(const struct endpoints_row *row, const struct endpoint *endpoint)
{
    struct address bound;
    struct transport_listener listener = sockets_listen(endpoint, NULL, &bound);
    struct reason why = {0};
    bool pending;
    int fd;

    transport_unlisten(&listener);
    fd = transport_connect(&bound, NULL, &pending, &why);
    if (fd >= 0) {
        assert_true(pending);
        sockets_wait(fd, POLLOUT);
        assert_int_equal(transport_connect_result(fd, &bound, &why), -1);
        io_close(&fd);
    }
    if (endpoint_path(endpoint)) {
        assert_int_equal(why.word, REASON_NOENT);
        assert_non_null(strstr(why.text, "there is no such socket in /"));
    } else {
        if (why.word != REASON_REFUSED || !strstr(why.text, "nothing is listening on this"))
            fail_msg("%s: %s: %s", row->name, reason_name(why.word), why.text);
        assert_int_equal(why.code, ECONNREFUSED);
    }
}

static void nobody_listens(void **state)
{
    (void)state;
    endpoints_each(refuse);
}

static void ask_credentials(const struct endpoints_row *row, const struct endpoint *endpoint)
{
    struct address bound, peer;
    struct transport_listener listener = sockets_listen(endpoint, NULL, &bound);
    int client = sockets_connect(&bound), served = sockets_accept(listener.fd, &peer);
    struct credentials who;

    if (row->family == AF_UNIX) {
        assert_int_equal(credentials_read(served, &who), 0);
        assert_int_equal(who.pid, getpid());
        assert_int_equal(who.uid, geteuid());
        assert_int_equal(who.gid, getegid());
    } else {
        assert_int_equal(credentials_read(served, &who), -ENOTSUP);
    }
    io_close(&client);
    assert_int_equal(credentials_read(client, &who), -EBADF);
    io_close(&served);
    transport_unlisten(&listener);
}

static void credentials(void **state)
{
    (void)state;
    endpoints_each(ask_credentials);
}

/* The two ends say the same of a connection, whose client may have no name. */
static void ask_addresses(const struct endpoints_row *row, const struct endpoint *endpoint)
{
    struct address bound, peer, local, other;
    struct transport_listener listener = sockets_listen(endpoint, NULL, &bound);
    int client = sockets_connect(&bound), served = sockets_accept(listener.fd, &peer);

    assert_int_equal(transport_local_address(served, &local), 0);
    assert_int_equal(transport_peer_address(client, &other), 0);
    assert_int_equal(address_compare(&local, &bound), 0);
    assert_int_equal(address_compare(&other, &bound), 0);
    if (row->family == AF_UNIX) {
        assert_int_equal(transport_peer_address(served, &other), -ENOENT);
    } else {
        assert_int_equal(transport_peer_address(served, &other), 0);
        assert_int_equal(address_compare(&other, &peer), 0);
    }
    io_close(&client);
    assert_int_equal(transport_peer_address(client, &other), -EBADF);
    io_close(&served);
    transport_unlisten(&listener);
}

static void addresses(void **state)
{
    (void)state;
    endpoints_each(ask_addresses);
}

static void ask_tcp_state(const struct endpoints_row *row, const struct endpoint *endpoint)
{
    struct address bound, peer;
    struct transport_listener listener = sockets_listen(endpoint, NULL, &bound);
    int client = sockets_connect(&bound), served = sockets_accept(listener.fd, &peer);
    struct transport_tcp_state state = {0};
    int code = transport_tcp_state(served, &state);

    if (!(endpoint_traits(endpoint) & ENDPOINT_IS_TCP)) {
        assert_true(code < 0);
    } else if (code == -EOPNOTSUPP) { /* MPTCP before Linux 5.16, emulators */
        leave_out(row->name, "no TCP_INFO");
    } else {
        assert_int_equal(code, 0);
        assert_in_range(state.mss, 500, 65535);
        assert_in_range(state.rtt_us, 1, 10000000);
        assert_int_equal(state.retransmits, 0);
    }
    io_close(&client);
    io_close(&served);
    assert_int_equal(transport_tcp_state(served, &state), -EBADF);
    transport_unlisten(&listener);
}

static void tcp_states(void **state)
{
    (void)state;
    endpoints_each(ask_tcp_state);
}

static void unknown_families_are_refused(void **state)
{
    struct address address = {.type = SOCK_STREAM, .length = sizeof address.storage};
    struct transport_listener listener;
    struct reason why;
    bool pending;

    (void)state;
    assert_int_equal(transport_listen(&listener, &address, &sockets_plain, &why), -1);
    assert_int_equal(why.code, EAFNOSUPPORT);
    transport_unlisten(&listener);
    assert_int_equal(transport_connect(&address, NULL, &pending, &why), -1);
    assert_int_equal(why.code, EAFNOSUPPORT);
}

static void inherited_sockets_are_for_servers(void **state)
{
    static const struct {
        const char *text, *server, *client;
    } table[] = {
        {"systemd:", "systemd:: no socket was inherited", "only a server"},
        {"systemd:web", "systemd:web: no inherited socket", "systemd:web: only a server"},
        {"fd:999", "fd:999: a socket can be inherited at the start only", "only a server"}};

    (void)state;
    /* For another process, and gone afterwards. */
    setenv("LISTEN_PID", "1", 1);
    setenv("LISTEN_FDS", "1", 1);
    setenv("LISTEN_FDNAMES", "a", 1);
    assert_int_equal(transport_inherited_init(NULL), 0);
    assert_null(getenv("LISTEN_PID"));
    assert_null(getenv("LISTEN_FDS"));
    assert_null(getenv("LISTEN_FDNAMES"));
    transport_inherited_seal();
    for (size_t i = 0; i < COUNT(table); i++) {
        struct endpoint endpoint;
        struct address address;
        struct reason why;

        assert_int_equal(endpoint_parse(&endpoint, table[i].text, NULL), 0);
        assert_int_equal(transport_resolve(&endpoint, TRANSPORT_SERVER, &address, 1, &why), -1);
        assert_int_equal(why.word, REASON_USAGE);
        assert_non_null(strstr(why.text, table[i].server));
        assert_int_equal(transport_resolve(&endpoint, TRANSPORT_CLIENT, &address, 1, &why), -1);
        assert_int_equal(why.word, REASON_USAGE);
        assert_non_null(strstr(why.text, table[i].client));
    }
}

/* Two ways to write an address, and whether a socket at the one keeps the other from being bound.
 */
static void overlaps(void **state)
{
    static const struct {
        const char *a, *b;
        enum address_overlap expected;
    } table[] = {
        {"127.0.0.1:7", "127.0.0.1:7", ADDRESS_SAME},
        {"127.0.0.1:7", "tcp4:localhost:7", ADDRESS_SAME},
        {"127.0.0.1:7", "127.0.0.1:8", ADDRESS_APART},
        {"127.0.0.1:7", "127.0.0.2:7", ADDRESS_APART},
        {"127.0.0.1:0", "127.0.0.1:0", ADDRESS_APART},
        {"127.0.0.1:7", "tcp4:*:7", ADDRESS_OVERLAP},
        {"tcp4:*:7", "tcp4:*:7", ADDRESS_SAME},
        {"[::1]:7", "tcp6:*:7", ADDRESS_OVERLAP},
        {"mptcp:127.0.0.1:7", "mptcp4:localhost:7", ADDRESS_SAME},
        {"mptcp:127.0.0.1:7", "127.0.0.1:7", ADDRESS_OVERLAP}, /* one space of ports */
        {"mptcp:127.0.0.1:7", "tcp4:*:7", ADDRESS_OVERLAP},
        {"[::1]:7", "tcp4:*:7", ADDRESS_APART}, /* IPV6_V6ONLY */
        {"127.0.0.1:7", "unix:/tmp/7", ADDRESS_APART},
        {"@a", "@a", ADDRESS_SAME},
        {"@a", "@a\\x00", ADDRESS_APART},
        {"@a", "unix:./a", ADDRESS_APART},
        {"/tmp/a", "/tmp/a", ADDRESS_SAME},
        {"/tmp/a", "/tmp/b", ADDRESS_APART},
        {"/tmp/a", "/tmp/./a", ADDRESS_SAME},
        {"/tmp/a", "/../tmp/a", ADDRESS_SAME},
        {"/tmp/a", "/dev/a", ADDRESS_APART},
        {"/tmp/a", "/none/a", ADDRESS_APART},
        {"/proc/self/exe", "/proc/thread-self/exe", ADDRESS_OVERLAP}, /* links to one file */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        const char *texts[] = {table[i].a, table[i].b};
        struct address addresses[2];

        for (size_t j = 0; j < 2; j++) {
            struct endpoint endpoint;

            assert_int_equal(endpoint_parse(&endpoint, texts[j], NULL), 0);
            addresses[j] = sockets_resolve(&endpoint, TRANSPORT_SERVER);
        }
        if (address_overlap(&addresses[0], &addresses[1]) != table[i].expected ||
            address_overlap(&addresses[1], &addresses[0]) != table[i].expected)
            fail_msg("%s and %s", table[i].a, table[i].b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversations),
        cmocka_unit_test(urgent_bytes_stay_in_the_stream),
        cmocka_unit_test(a_second_listener_is_refused),
        cmocka_unit_test(a_restart_gets_the_address_back),
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(credentials),
        cmocka_unit_test(addresses),
        cmocka_unit_test(tcp_states),
        cmocka_unit_test(unknown_families_are_refused),
        cmocka_unit_test(inherited_sockets_are_for_servers),
        cmocka_unit_test(overlaps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
