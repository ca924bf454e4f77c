/* SPDX-License-Identifier: ISC */
#include "lib/room.h"
#include "lib/sockets.h"
#include "lib/testing.h"
#include "transport/io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LABEL_OF_70 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static struct endpoint endpoint_of(const char *text)
{
    struct endpoint endpoint;
    struct reason why;

    if (endpoint_parse(&endpoint, text, &why) < 0)
        fail_msg("%s", why.text);
    return endpoint;
}

/* What getaddrinfo answers while a test says so: an error for names, and for a name's addresses
 * these. The program is linked with --wrap (tests/unit/transport.mk). */
static int name_error;
static struct addrinfo *name_answer;
static unsigned names_freed;

int __real_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found);
int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found);
int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **found)
{
    if (name && name_error) {
        errno = ENFILE;
        return name_error;
    }
    if (!name_answer)
        return __real_getaddrinfo(name, service, hints, found);
    *found = name_answer;
    return 0;
}

void __real_freeaddrinfo(struct addrinfo *found);
void __wrap_freeaddrinfo(struct addrinfo *found);
void __wrap_freeaddrinfo(struct addrinfo *found)
{
    names_freed++;
    if (found != name_answer)
        __real_freeaddrinfo(found);
}

static int is_option_set(int fd, int level, int name)
{
    int value = -1;
    socklen_t length = sizeof value;

    assert_int_equal(getsockopt(fd, level, name, &value, &length), 0);
    return value;
}

static void resolves(void **state)
{
    static const struct {
        const char *text;
        enum transport_role role;
        const char *addresses; /* in any order */
    } table[] = {
        {"127.0.0.1:7777", TRANSPORT_SERVER, "127.0.0.1:7777 "},
        {"[::1]:7777", TRANSPORT_CLIENT, "[::1]:7777 "},
        {"127.0.0.1", TRANSPORT_CLIENT, "127.0.0.1:7 "},
        {"127.0.0.1:0", TRANSPORT_SERVER, "127.0.0.1:0 "},
        {"127.0.0.1:echo", TRANSPORT_SERVER, "127.0.0.1:7 "},
        {"*:7777", TRANSPORT_SERVER, "0.0.0.0:7777 [::]:7777 "},
        {"tcp4:*:7777", TRANSPORT_SERVER, "0.0.0.0:7777 "},
        {"tcp6:*:7777", TRANSPORT_SERVER, "[::]:7777 "},
        {"*:7777", TRANSPORT_CLIENT, "127.0.0.1:7777 [::1]:7777 "},
        {"*", TRANSPORT_CLIENT, "127.0.0.1:7 [::1]:7 "},
        {"tcp4:localhost:7777", TRANSPORT_SERVER, "127.0.0.1:7777 "},
        {"tcp6:localhost:7777", TRANSPORT_SERVER, "[::1]:7777 "},
        {"tcp4:LocalHost:7777", TRANSPORT_CLIENT, "127.0.0.1:7777 "},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct endpoint endpoint = endpoint_of(table[i].text);
        struct address list[TRANSPORT_ADDRESSES_MAX];
        size_t length = 0;
        struct reason why;
        int count;

        if (strstr(table[i].text, ":echo") && is_left_out(table[i].text))
            continue;
        count = transport_resolve(&endpoint, table[i].role, list, COUNT(list), &why);
        if (count < 0)
            fail_msg("%s: %s", table[i].text, why.text);
        for (int j = 0; j < count; j++) {
            char text[ADDRESS_TEXT_SIZE];

            assert_int_equal(list[j].type, SOCK_STREAM);
            assert_int_equal(list[j].protocol, IPPROTO_TCP);
            address_format(&list[j], text, sizeof text - 1);
            length += strlen(text) + 1;
            strcat(text, " ");
            if (!strstr(table[i].addresses, text))
                fail_msg("%s: %s", table[i].text, text);
        }
        assert_int_equal(length, strlen(table[i].addresses));
        assert_int_equal(transport_resolve(&endpoint, table[i].role, list, 1, &why), 1);
    }
}

static void refuses_to_resolve(void **state)
{
    static const struct {
        const char *text;
        enum transport_role role;
        enum reason_word word;
        const char *sentence;
    } table[] = {
        {"localhost", TRANSPORT_SERVER, REASON_USAGE, "needs a port: write localhost:7777"},
        {"echo.sock", TRANSPORT_SERVER, REASON_USAGE, "unix:echo.sock"},
        {"[::1]", TRANSPORT_SERVER, REASON_USAGE, "write [::1]:7777"},
        {"tcp6:*", TRANSPORT_SERVER, REASON_USAGE, "write tcp6:*:7777"},
        {"localhost:0", TRANSPORT_CLIENT, REASON_USAGE, "port 0 is for servers"},
        {"localhost:no-such-service", TRANSPORT_CLIENT, REASON_SERVICE,
         "no TCP service is called \"no-such-service\""},
        {"127.0.0.1:no-such-service", TRANSPORT_SERVER, REASON_SERVICE, "write the number"},
        {"[fe80::1%no-such-if]:7", TRANSPORT_SERVER, REASON_UNREACHABLE, "no-such-if"},
        /* A label that no DNS message can hold, so nobody is asked. */
        {LABEL_OF_70 ":7", TRANSPORT_CLIENT, REASON_DNS, "resolve \"" LABEL_OF_70 "\": "},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct endpoint endpoint = endpoint_of(table[i].text);
        struct address address;
        struct reason why = {0};

        assert_int_equal(transport_resolve(&endpoint, table[i].role, &address, 1, &why), -1);
        if (why.word != table[i].word || !strstr(why.text, table[i].sentence))
            fail_msg("%s: %s: %s", table[i].text, reason_name(why.word), why.text);
    }
}

static void names_the_socket_that_was_meant(void **state)
{
    char directory[DIRECTORY_SIZE];
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = LABEL_OF_70 ".sock"};
    struct endpoint endpoint = endpoint_of(LABEL_OF_70 ".sock");
    struct address address;
    struct reason why;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    make_test_directory(directory);
    assert_int_equal(chdir(directory), 0);
    assert_int_equal(transport_resolve(&endpoint, TRANSPORT_CLIENT, &address, 1, &why), -1);
    assert_null(strstr(why.text, "unix:"));
    assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(transport_resolve(&endpoint, TRANSPORT_CLIENT, &address, 1, &why), -1);
    assert_int_equal(why.word, REASON_DNS);
    assert_non_null(strstr(why.text, "write unix:" LABEL_OF_70 ".sock"));
    assert_int_equal(unlink(name.sun_path), 0);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(directory), 0);
    close(fd);
}

/* A system without /etc/hosts. */
static void localhost_needs_nobody(void **state)
{
    static const char *const texts[] = {"localhost:7", "tcp4:localhost:7", "tcp6:localhost:7",
                                        "other:7"};
    static const int counts[] = {2, 1, 1, -1};

    (void)state;
    name_error = EAI_AGAIN;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct endpoint endpoint = endpoint_of(texts[i]);
        struct address list[4];
        struct reason why = {0};
        int count = transport_resolve(&endpoint, TRANSPORT_SERVER, list, COUNT(list), &why);

        assert_int_equal(count, counts[i]);
        for (int j = 0; j < count; j++)
            assert_true(address_is_local(&list[j]));
        assert_int_equal(why.word, count < 0 ? REASON_DNS : REASON_NONE);
    }
    name_error = 0;
}

static void failures_to_resolve_have_their_word(void **state)
{
    static const struct {
        int error;
        enum reason_word word;
    } table[] = {{EAI_NONAME, REASON_DNS},     {EAI_FAIL, REASON_DNS},
                 {EAI_ADDRFAMILY, REASON_DNS}, {EAI_SERVICE, REASON_SERVICE},
                 {EAI_MEMORY, REASON_OTHER},   {EAI_SYSTEM, REASON_NOFILE}};
    struct endpoint endpoint = endpoint_of("other:echo");
    struct address address;
    struct reason why;

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        name_error = table[i].error;
        assert_int_equal(transport_resolve(&endpoint, TRANSPORT_CLIENT, &address, 1, &why), -1);
        assert_int_equal(why.word, table[i].word);
    }
    name_error = 0;
}

/* Two lines in /etc/hosts, or a family that is not ours. */
static void each_address_comes_once(void **state)
{
    struct endpoint endpoint = endpoint_of("other:7777");
    struct sockaddr_in first = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
    struct sockaddr_in second = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002)};
    struct sockaddr other = {.sa_family = AF_UNSPEC};
    struct addrinfo answer[] = {
        {.ai_family = AF_INET, .ai_addrlen = sizeof first, .ai_addr = (struct sockaddr *)&first},
        {.ai_family = AF_UNSPEC, .ai_addrlen = sizeof other, .ai_addr = &other},
        {.ai_family = AF_INET, .ai_addrlen = sizeof second, .ai_addr = (struct sockaddr *)&second},
        {.ai_family = AF_INET, .ai_addrlen = sizeof first, .ai_addr = (struct sockaddr *)&first}};
    struct address list[4];
    struct reason why;
    char text[ADDRESS_TEXT_SIZE];

    (void)state;
    for (size_t i = 0; i + 1 < COUNT(answer); i++)
        answer[i].ai_next = &answer[i + 1];
    name_answer = answer;
    names_freed = 0;
    assert_int_equal(transport_resolve(&endpoint, TRANSPORT_CLIENT, list, COUNT(list), &why), 2);
    assert_string_equal(address_format(&list[0], text, sizeof text), "127.0.0.1:0");
    assert_string_equal(address_format(&list[1], text, sizeof text), "127.0.0.2:0");
    name_answer = &answer[1];
    answer[1].ai_next = NULL;
    assert_int_equal(transport_resolve(&endpoint, TRANSPORT_CLIENT, list, COUNT(list), &why), -1);
    assert_int_equal(why.word, REASON_DNS);
    assert_int_equal(names_freed, 2);
    name_answer = NULL;
}

static void options_are_inherited(void **state)
{
    struct endpoint endpoint = endpoint_of("127.0.0.1:0");

    (void)state;
    for (int on = 0; on <= 1; on++) {
        struct listen_options options = sockets_plain;
        struct transport_listener listener;
        struct address bound, peer;
        int client, served;

        options.nodelay = options.keepalive = on;
        listener = sockets_listen(&endpoint, &options, &bound);
        client = sockets_connect(&bound);
        served = sockets_accept(listener.fd, &peer);
        assert_int_equal(is_option_set(served, IPPROTO_TCP, TCP_NODELAY), on);
        assert_int_equal(is_option_set(served, SOL_SOCKET, SO_KEEPALIVE), on);
        assert_int_equal(is_option_set(client, IPPROTO_TCP, TCP_NODELAY), 1);
        io_close(&client);
        io_close(&served);
        transport_unlisten(&listener);
    }
}

static void both_families_share_a_port_number(void **state)
{
    struct endpoint ipv4 = endpoint_of("0.0.0.0:0"), ipv6 = endpoint_of("[::]:0");
    struct address bound, other = sockets_resolve(&ipv4, TRANSPORT_SERVER);
    struct transport_listener first, second;
    struct reason why;
    int status = -1;

    (void)state;
    if (is_left_out("[::]:0"))
        skip();
    /* The number that the kernel picks for one family may be taken in the other, as by a client of
     * another test: close and try again, as the server does. */
    for (int attempt = 0; attempt < 64 && status < 0; attempt++) {
        first = sockets_listen(&ipv6, NULL, &bound);
        assert_int_equal(is_option_set(first.fd, IPPROTO_IPV6, IPV6_V6ONLY), 1);
        address_set_port(&other, address_port(&bound));
        status = transport_listen(&second, &other, &sockets_plain, &why);
        if (status < 0)
            assert_int_equal(why.code, EADDRINUSE);
        transport_unlisten(&first);
    }
    assert_int_equal(status, 0);
    transport_unlisten(&second);
}

/* The workers of one server share a port; a stranger's server does not get in, not even one that
 * shares as well. */
static void joined_listeners_share_a_port(void **state)
{
    struct listen_options shared = sockets_plain, join = sockets_plain;
    struct endpoint endpoint = endpoint_of("127.0.0.1:0");
    struct transport_listener listeners[3], stranger;
    struct address bound, peer;
    struct reason why;
    int clients[64], accepted[3] = {0};

    (void)state;
    shared.shared = join.join = 1;
    shared.backlog = join.backlog = COUNT(clients);
    listeners[0] = sockets_listen(&endpoint, &shared, &bound);
    assert_int_equal(transport_listen(&stranger, &bound, &sockets_plain, &why), -1);
    assert_int_equal(why.code, EADDRINUSE);
    assert_int_equal(transport_listen(&stranger, &bound, &shared, &why), -1);
    assert_int_equal(why.code, EADDRINUSE);
    for (size_t i = 1; i < COUNT(listeners); i++)
        if (transport_listen(&listeners[i], &bound, &join, &why) < 0)
            fail_msg("%s", why.text);
    for (size_t i = 0; i < COUNT(clients); i++)
        clients[i] = sockets_connect(&bound);
    for (size_t i = 0; i < COUNT(listeners); i++) {
        int fd;

        while ((fd = transport_accept(listeners[i].fd, &bound, &peer)) >= 0) {
            accepted[i]++;
            io_close(&fd);
        }
        assert_int_equal(fd, -EAGAIN);
        assert_true(accepted[i] > 0);
    }
    assert_int_equal(accepted[0] + accepted[1] + accepted[2], COUNT(clients));
    for (size_t i = 0; i < COUNT(clients); i++)
        io_close(&clients[i]);
    for (size_t i = 0; i < COUNT(listeners); i++)
        transport_unlisten(&listeners[i]);
}

static void foreign_addresses_are_recognised(void **state)
{
    static const char *const texts[] = {"203.0.113.77:0", "[2001:db8::77]:0"};

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct endpoint endpoint = endpoint_of(texts[i]);
        struct address address = sockets_resolve(&endpoint, TRANSPORT_SERVER);
        struct transport_listener listener;
        struct reason why;

        if (is_left_out(texts[i]))
            continue;
        assert_int_equal(transport_listen(&listener, &address, &sockets_plain, &why), -1);
        assert_int_equal(why.code, EADDRNOTAVAIL);
        assert_int_equal(why.word, REASON_UNREACHABLE);
        assert_non_null(strstr(why.text, texts[i]));
    }
}

/* A socket that connects to its own port: TCP's simultaneous open lets it succeed. */
static void self_connections_are_refused(void **state)
{
    static const char *const texts[] = {"127.0.0.1:0", "[::1]:0"};

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct endpoint endpoint = endpoint_of(texts[i]);
        struct address address = sockets_resolve(&endpoint, TRANSPORT_SERVER);
        struct reason why;
        int fd;

        if (is_left_out(texts[i]))
            continue;
        fd = socket(address_family(&address), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&address.storage, address.length), 0);
        assert_int_equal(transport_local_address(fd, &address), 0);
        connect(fd, (struct sockaddr *)&address.storage, address.length);
        sockets_wait(fd, POLLOUT);
        assert_int_equal(transport_connect_result(fd, &address, &why), -1);
        assert_int_equal(why.word, REASON_SELF);
        close(fd);
    }
}

static void the_source_address_is_taken(void **state)
{
    struct endpoint endpoint = endpoint_of("127.0.0.1:0"), own = endpoint_of("127.0.0.99:0");
    struct address bound, peer, source = sockets_resolve(&own, TRANSPORT_SERVER);
    struct transport_listener listener = sockets_listen(&endpoint, NULL, &bound);
    struct reason why;
    char text[ADDRESS_TEXT_SIZE];
    bool pending;
    int served, fd = transport_connect(&bound, &source, &pending, &why);
    int on = 1, port_later = 0, other = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t length = sizeof port_later;

    (void)state;
    assert_true(fd >= 0);
    /* Where the kernel, or the emulator, knows it. */
    if (setsockopt(other, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) == 0) {
        assert_int_equal(getsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &port_later, &length),
                         0);
        assert_int_equal(port_later, 1);
    }
    close(other);
    served = sockets_accept(listener.fd, &peer);
    assert_int_equal(strncmp(address_format(&peer, text, sizeof text), "127.0.0.99:", 11), 0);
    assert_true(address_port(&peer) != 0);
    io_close(&fd);
    io_close(&served);
    own = endpoint_of("203.0.113.77:0");
    source = sockets_resolve(&own, TRANSPORT_SERVER);
    assert_int_equal(transport_connect(&bound, &source, &pending, &why), -1);
    assert_int_equal(why.code, EADDRNOTAVAIL);
    assert_int_equal(strncmp(why.text, "bind", 4), 0);
    transport_unlisten(&listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolves),
        cmocka_unit_test(refuses_to_resolve),
        cmocka_unit_test(names_the_socket_that_was_meant),
        cmocka_unit_test(localhost_needs_nobody),
        cmocka_unit_test(failures_to_resolve_have_their_word),
        cmocka_unit_test(each_address_comes_once),
        cmocka_unit_test(options_are_inherited),
        cmocka_unit_test(both_families_share_a_port_number),
        cmocka_unit_test(joined_listeners_share_a_port),
        cmocka_unit_test(foreign_addresses_are_recognised),
        cmocka_unit_test(self_connections_are_refused),
        cmocka_unit_test(the_source_address_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
