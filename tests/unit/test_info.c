/* SPDX-License-Identifier: ISC */
/* The line of the service "info": what it says, and that it waits as an echo does. */
#include "lib/testing.h"

#include "base/clock.h"
#include "lib/endpoints.h"
#include "lib/room.h"
#include "lib/sockets.h"
#include "server/connection.h"
#include "server/crew.h"
#include "server/services.h"
#include "transport/io.h"

#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ID 4711

/* A crew of one worker without a thread, and one connection of it. */
struct talk {
    struct loop main_loop;
    struct crew crew;
    struct worker *worker;
    struct counters counters;
    struct listener listener;
    struct connection *connection; /* gone once it is no longer in the worker's list */
    uint64_t now_ns;
    int client;
};

static void prepare(struct talk *talk, const char *endpoint, const char *name)
{
    struct settings_listener *settings = &talk->listener.settings;

    *talk = (struct talk){.now_ns = NS_PER_S};
    assert_int_equal(loop_init(&talk->main_loop, NULL), 0);
    assert_int_equal(crew_init(&talk->crew, 1, 65536, 10, 1, &talk->main_loop, NULL), 0);
    talk->worker = &talk->crew.roster.workers[0];
    talk->worker->active = 1;
    talk->worker->ask_until_ns = UINT64_MAX;
    talk->crew.roster.server_name = "";
    assert_int_equal(endpoint_parse(&settings->endpoint, endpoint, NULL), 0);
    settings->name = (char *)name;
    settings->service = SETTINGS_INFO;
    talk->listener.service = services_of(settings);
    talk->listener.counters = &talk->counters;
    talk->listener.worker_count = 1;
    talk->listener.is_local = true;
}

static void attach(struct talk *talk, int served)
{
    const struct admission_ticket ticket = {0};

    assert_true(admission_enter(&talk->crew.roster.admission, ADMISSION_ENTERS));
    talk->connection = connection_create(served, &talk->listener, &ticket, NULL, talk->now_ns);
    assert_non_null(talk->connection);
    talk->connection->id = ID;
    connection_attach(talk->connection, talk->worker);
}

static void end(struct talk *talk)
{
    crew_release(&talk->crew);
    loop_release(&talk->main_loop);
    io_close(&talk->client);
}

static bool is_open(const struct talk *talk)
{
    return talk->worker->connections != NULL;
}

static void serve(struct talk *talk)
{
    while (loop_turn(&talk->worker->loop, 0) > 0)
        continue;
}

/* Serves until the client has something to read, 5 s at most. */
static void serve_client(struct talk *talk)
{
    struct pollfd waiter = {.fd = talk->client, .events = POLLIN};

    for (int i = 0; poll(&waiter, 1, 1) == 0; i++) {
        assert_true(i < 5000);
        serve(talk);
    }
}

/* What the client reads up to the end of a line, or of the stream. */
static char *read_line(struct talk *talk)
{
    static char line[16384];
    size_t length = 0;

    while (length < sizeof line - 1) {
        serve_client(talk);
        if (recv(talk->client, line + length, 1, 0) != 1 || line[length++] == '\n')
            break;
    }
    line[length] = '\0';
    return line;
}

/* The line is one object of ASCII on one line; the caller releases. */
static json_t *read_object(struct talk *talk)
{
    const char *line = read_line(talk);
    json_error_t error;
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);

    if (!object)
        fail_msg("%s: %s", line, error.text);
    for (const char *c = line; *c; c++)
        assert_true((*c >= ' ' && *c <= '~') || (*c == '\n' && c[1] == '\0'));
    return object;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    if (!text)
        fail_msg("no %s", key);
    return text;
}

static long number_of(const json_t *object, const char *key)
{
    if (!json_is_integer(json_object_get(object, key)))
        fail_msg("no %s", key);
    return (long)json_integer_value(json_object_get(object, key));
}

/* The names of all fields, in their order. */
static void assert_keys(json_t *object, const char *expected)
{
    char keys[256] = "";
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
        snprintf(keys + strlen(keys), sizeof keys - strlen(keys), " %s", key);
    assert_string_equal(keys, expected);
}

static void tell(const struct endpoints_row *row, const struct endpoint *endpoint)
{
    struct address bound, peer;
    struct transport_listener listener = sockets_listen(endpoint, NULL, &bound);
    char endpoint_text[ENDPOINT_TEXT_SIZE], text[ADDRESS_TEXT_SIZE], host[256];
    bool is_unix = row->family == AF_UNIX, is_mptcp;
    struct talk talk;
    json_t *object;
    int served;

    prepare(&talk, endpoint_format(endpoint, endpoint_text, sizeof endpoint_text), "one");
    talk.client = sockets_connect(&bound);
    served = sockets_accept(listener.fd, &peer);
    bound.protocol = peer.protocol; /* an emulator cannot tell that it is MPTCP */
    is_mptcp = peer.protocol == ADDRESS_MPTCP;
    attach(&talk, served);
    object = read_object(&talk);
    if (is_unix)
        assert_keys(object, " type server name listener transport local uid gid pid connection");
    else if (json_object_get(object, "tcp"))
        assert_keys(object, " type server name listener transport local peer tcp mptcp connection");
    else /* MPTCP before Linux 5.16, emulators */
        assert_keys(object, " type server name listener transport local peer connection");
    assert_string_equal(text_of(object, "type"), "info");
    assert_true(strncmp(text_of(object, "server"), "echo-service ", 13) == 0);
    assert_int_equal(gethostname(host, sizeof host), 0);
    assert_string_equal(text_of(object, "name"), host);
    assert_string_equal(text_of(object, "listener"), "one");
    assert_string_equal(text_of(object, "transport"), is_unix    ? "unix"
                                                      : is_mptcp ? "mptcp"
                                                                 : "tcp");
    assert_string_equal(text_of(object, "local"), address_format(&bound, text, sizeof text));
    assert_int_equal(number_of(object, "connection"), ID);
    if (is_unix) {
        assert_int_equal(number_of(object, "uid"), geteuid());
        assert_int_equal(number_of(object, "gid"), getegid());
        assert_int_equal(number_of(object, "pid"), getpid());
    } else {
        assert_string_equal(text_of(object, "peer"), address_format(&peer, text, sizeof text));
    }
    if (json_object_get(object, "tcp")) {
        json_t *tcp = json_object_get(object, "tcp");

        assert_keys(tcp, " mss rtt_us retransmits");
        assert_in_range(number_of(tcp, "mss"), 500, 65535);
        assert_int_equal(json_is_true(json_object_get(object, "mptcp")), is_mptcp);
    } else if (!is_unix) {
        leave_out(row->name, "no TCP_INFO");
    }
    json_decref(object);
    assert_int_equal(send(talk.client, "hello", 5, 0), 5);
    sockets_wait_watched(&talk.worker->loop, &talk.connection->source, POLLIN);
    serve(&talk);
    sockets_expect(talk.client, "hello");
    assert_int_equal(stream_received(&talk.connection->stream), 5);
    assert_int_equal(stream_returned(&talk.connection->stream), 5);
    end(&talk);
    transport_unlisten(&listener);
}

static void every_transport(void **state)
{
    (void)state;
    endpoints_each(tell);
}

/* Names from outside: of a listener, a server and a client, with bytes that are no UTF-8. */
static void any_bytes_are_valid_json(void **state)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0\"\\\xff\n\xc3{"};
    char long_name[512], escaped[4 * sizeof long_name] = "";
    struct address bound, peer;
    struct endpoint endpoint;
    struct transport_listener listener;
    struct talk talk;
    json_t *object;

    (void)state;
    memset(long_name, 0xfe, sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    for (size_t i = 0; i < sizeof long_name - 1; i++)
        strcat(escaped, "\\xfe");
    snprintf(name.sun_path + 7, 20, "%d", getpid());
    assert_int_equal(endpoint_parse(&endpoint, "unix:@\\xffecho-info-test", NULL), 0);
    listener = sockets_listen(&endpoint, NULL, &bound);
    prepare(&talk, "unix:@\\xffecho-info-test", long_name);
    talk.crew.roster.server_name = "\"p\xf0od\\\t";
    talk.client = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(
        bind(talk.client, (struct sockaddr *)&name, offsetof(struct sockaddr_un, sun_path) + 7), 0);
    assert_int_equal(connect(talk.client, (struct sockaddr *)&bound.storage, bound.length), 0);
    attach(&talk, sockets_accept(listener.fd, &peer));
    object = read_object(&talk);
    assert_string_equal(text_of(object, "name"), "\"p\\xf0od\\\\\\x09");
    assert_string_equal(text_of(object, "listener"), escaped);
    assert_string_equal(text_of(object, "local"), "unix:@\\xffecho-info-test");
    assert_string_equal(text_of(object, "peer"), "unix:@\"\\\\\\xff\\x0a\\xc3{");
    json_decref(object);
    end(&talk);
    transport_unlisten(&listener);
}

static void other_machines_learn_only_what_is_set(void **state)
{
    (void)state;
    for (int set = 0; set < 2; set++) {
        struct talk talk;
        json_t *object;
        int fds[2];

        prepare(&talk, "*:1", "one");
        talk.listener.is_local = false;
        talk.crew.roster.server_name = set ? "pod-7" : "";
        sockets_tcp_pair(fds);
        talk.client = fds[1];
        attach(&talk, fds[0]);
        object = read_object(&talk);
        if (set)
            assert_string_equal(text_of(object, "name"), "pod-7");
        else
            assert_null(json_object_get(object, "name"));
        json_decref(object);
        end(&talk);
    }
}

static const struct {
    const char *endpoint;
    void (*pair)(int fds[2]);
} pairs[] = {{"unix:/none", sockets_unix_pair}, {"127.0.0.1:1", sockets_tcp_pair}};

/* A connection whose client has so many bytes to read before the line fits anywhere. */
static size_t begin_full(struct talk *talk, size_t row)
{
    static const char filling[4096];
    int fds[2], small = 4096;
    size_t filled = 0;
    ssize_t count;

    prepare(talk, pairs[row].endpoint, "one");
    pairs[row].pair(fds);
    talk->client = fds[1];
    assert_int_equal(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    assert_int_equal(setsockopt(fds[1], SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    /* TCP moves some of it on in its own time. */
    for (int quiet = 0; quiet < 20; quiet++) {
        while ((count = io_send(fds[0], filling, sizeof filling)) > 0) {
            filled += (size_t)count;
            quiet = 0;
        }
        poll(NULL, 0, 1);
    }
    attach(talk, fds[0]);
    serve(talk);
    assert_true(is_open(talk));
    assert_int_equal(echo_wants(&talk->connection->stream.echo), ECHO_RETURN);
    return filled;
}

static void read_filling(struct talk *talk, size_t filled)
{
    unsigned char bytes[4096];

    while (filled > 0) {
        ssize_t count;

        serve_client(talk);
        count = recv(talk->client, bytes, filled < sizeof bytes ? filled : sizeof bytes, 0);
        assert_true(count > 0);
        filled -= (size_t)count;
    }
}

/* It comes whole, then what the client has sent meanwhile, then the end; counted is the echo. */
static void a_line_that_waits_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct talk talk;
        size_t filled = begin_full(&talk, i);

        assert_int_equal(send(talk.client, "hello", 5, 0), 5);
        assert_int_equal(shutdown(talk.client, SHUT_WR), 0);
        serve(&talk);
        assert_int_equal(stream_received(&talk.connection->stream), 0);
        assert_int_equal(stream_returned(&talk.connection->stream), 0);
        read_filling(&talk, filled);
        json_decref(read_object(&talk));
        assert_string_equal(read_line(&talk), "hello");
        serve(&talk);
        assert_false(is_open(&talk));
        assert_int_equal(talk.counters.received, 5);
        assert_int_equal(talk.counters.returned, 5);
        assert_int_equal(talk.counters.half_closes, 1);
        end(&talk);
    }
}

/* A drain waits for it too. */
static void a_stop_returns_it_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct talk talk;
        size_t filled = begin_full(&talk, i);

        connection_stop(talk.connection, ECHO_DRAIN, talk.now_ns);
        assert_true(is_open(&talk));
        read_filling(&talk, filled);
        json_decref(read_object(&talk));
        assert_string_equal(read_line(&talk), "");
        assert_int_equal(shutdown(talk.client, SHUT_WR), 0);
        sockets_wait_watched(&talk.worker->loop, &talk.connection->source, POLLRDHUP);
        serve(&talk);
        assert_false(is_open(&talk));
        assert_int_equal(talk.counters.returned, 0);
        assert_int_equal(talk.counters.cut, 0);
        end(&talk);
    }
}

static void limits_of_time_hold_for_it(void **state)
{
    static const struct worker_limits rows[] = {
        {.write_ns = NS_PER_S}, {.idle_ns = NS_PER_S}, {.lifetime_ns = NS_PER_S}};

    (void)state;
    for (size_t i = 0; i < COUNT(pairs) * COUNT(rows); i++) {
        struct worker_limits limits = rows[i / COUNT(pairs)];
        struct talk talk;

        begin_full(&talk, i % COUNT(pairs));
        for (int tick = 0; tick < 30 && is_open(&talk); tick++) {
            if (tick == 9)
                assert_false(talk.connection->is_ending);
            if (tick == 12)
                assert_true(talk.connection->is_ending);
            talk.now_ns += NS_PER_S / 10;
            limits.linger_ns = NS_PER_S;
            connection_tick(talk.connection, &limits, talk.now_ns);
        }
        assert_false(is_open(&talk));
        assert_int_equal(talk.counters.received, 0);
        assert_int_equal(talk.counters.returned, 0);
        end(&talk);
    }
}

/* Before the line, or while it waits. */
static void a_client_that_is_gone(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(pairs); i++) {
        size_t row = i % COUNT(pairs);
        struct talk talk;
        int fds[2];

        if (i < COUNT(pairs)) {
            prepare(&talk, pairs[row].endpoint, "one");
            pairs[row].pair(fds);
            close(fds[1]);
            attach(&talk, fds[0]);
            talk.client = -1;
        } else {
            begin_full(&talk, row);
            io_close(&talk.client);
        }
        for (int turns = 0; turns < 5000 && is_open(&talk); turns++) {
            serve(&talk);
            poll(NULL, 0, 1);
        }
        assert_false(is_open(&talk));
        assert_int_equal(talk.counters.active, 0);
        assert_int_equal(talk.counters.received, 0);
        assert_int_equal(talk.counters.returned, 0);
        assert_int_equal(talk.counters.errors, 0);
        end(&talk);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_transport),
        cmocka_unit_test(any_bytes_are_valid_json),
        cmocka_unit_test(other_machines_learn_only_what_is_set),
        cmocka_unit_test(a_line_that_waits_is_whole),
        cmocka_unit_test(a_stop_returns_it_whole),
        cmocka_unit_test(limits_of_time_hold_for_it),
        cmocka_unit_test(a_client_that_is_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
