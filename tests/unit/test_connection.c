/* SPDX-License-Identifier: ISC */
/* The limits of a connection, in a time of the test's own: no test waits. */
#include "lib/testing.h"

#include "base/clock.h"
#include "base/owner.h"
#include "lib/room.h"
#include "lib/sockets.h"
#include "server/connection.h"
#include "server/crew.h"
#include "server/services.h"
#include "transport/io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER  (64 * 1024)
#define TICK_NS (100 * NS_PER_MS)

static void (*const pairs[])(int fds[2]) = {sockets_unix_pair, sockets_tcp_pair};

/* A crew of one worker without a thread, and one connection of it. */
struct talk {
    struct loop main_loop;
    struct crew crew;
    struct worker *worker;
    struct counters counters;
    struct listener listener;
    struct worker_limits limits;
    struct connection *connection; /* gone once the client has seen its end */
    uint64_t now_ns;
    int client;
    uint64_t sent, back;
    uint64_t earlier; /* bytes that were received and returned before those */
};

/* The connection is looked at when the test says so. */
static void ignore(struct timer *timer, uint64_t now_ns)
{
    (void)timer;
    (void)now_ns;
}

static void begin_serving(struct talk *talk, const struct service *service,
                          void (*pair)(int fds[2]), struct worker_limits limits)
{
    const struct admission_ticket ticket = {0};
    int fds[2], usual = 65536;

    *talk = (struct talk){.limits = limits, .now_ns = NS_PER_S};
    assert_int_equal(loop_init(&talk->main_loop, NULL), 0);
    assert_int_equal(crew_init(&talk->crew, 1, BUFFER, 10, 1, &talk->main_loop, NULL), 0);
    talk->worker = &talk->crew.roster.workers[0];
    talk->worker->active = 1;
    talk->worker->ask_until_ns = UINT64_MAX;
    talk->worker->tick.expired = ignore;
    talk->listener =
        (struct listener){.service = service, .counters = &talk->counters, .worker_count = 1};
    talk->listener.settings.name = (char *)"test";
    assert_true(admission_enter(&talk->crew.roster.admission, ADMISSION_ENTERS));
    pair(fds);
    for (int i = 0; i < 2; i++) /* what is set does not grow by itself */
        assert_int_equal(setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &usual, sizeof usual), 0);
    talk->client = fds[1];
    assert_int_equal(fcntl(talk->client, F_SETFL, O_NONBLOCK), 0);
    talk->connection = connection_create(fds[0], &talk->listener, &ticket, NULL, talk->now_ns);
    assert_non_null(talk->connection);
    connection_attach(talk->connection, talk->worker);
}

static void begin(struct talk *talk, void (*pair)(int fds[2]), struct worker_limits limits)
{
    const struct settings_listener settings = {.service = SETTINGS_ECHO};

    begin_serving(talk, services_of(&settings), pair, limits);
}

static void end(struct talk *talk)
{
    crew_release(&talk->crew);
    loop_release(&talk->main_loop);
    close(talk->client);
}

/* So that what the client does not read soon waits on the server's side, with TCP too. */
static void shrink(struct talk *talk)
{
    int small = 8192;

    assert_int_equal(setsockopt(talk->client, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
}

static bool is_open(const struct talk *talk)
{
    return talk->worker->connections != NULL;
}

static bool is_ending(const struct talk *talk)
{
    return !is_open(talk) || talk->connection->is_ending;
}

/* Everything that the sockets have for the server. */
static void serve(struct talk *talk)
{
    for (int i = 0; i < 100 && loop_turn(&talk->worker->loop, 0) > 0; i++)
        continue;
}

/* Time passes without a look of the server, and then it looks. */
static void stand_still(struct talk *talk, uint64_t time_ns)
{
    talk->now_ns += time_ns;
    if (is_open(talk))
        connection_tick(talk->connection, &talk->limits, talk->now_ns);
    timer_run(&talk->worker->timers, talk->now_ns);
}

static void pass(struct talk *talk, uint64_t time_ns)
{
    for (uint64_t end_ns = talk->now_ns + time_ns; talk->now_ns < end_ns;) {
        serve(talk);
        stand_still(talk, TICK_NS);
    }
    serve(talk);
}

/* Loopback may deliver later: on another CPU, or when this one has time. */
static void wait_for_server(const struct talk *talk, short events)
{
    if (is_open(talk))
        sockets_wait_watched(&talk->worker->loop, &talk->connection->source, events);
}

/* Sends up to so many bytes, as many as fit, and some of what is on its way has arrived. */
static void push(struct talk *talk, uint64_t length)
{
    unsigned char bytes[4096];
    uint64_t end = talk->sent + length;
    ssize_t count = 1;

    while (count > 0 && talk->sent < end) {
        size_t piece = end - talk->sent < sizeof bytes ? (size_t)(end - talk->sent) : sizeof bytes;

        for (size_t i = 0; i < piece; i++)
            bytes[i] = byte_at(talk->sent + i);
        count = send(talk->client, bytes, piece, MSG_NOSIGNAL);
        talk->sent += count > 0 ? (uint64_t)count : 0;
    }
    if (is_open(talk) && talk->earlier + talk->sent > talk->connection->stream.echo.received +
                                                          talk->connection->stream.discarded)
        wait_for_server(talk, POLLIN);
}

/* Whether TCP has sent something that the other side has not acknowledged. */
static bool is_on_its_way(int fd)
{
    int queued = 0, unsent = 0; /* valgrind does not know that ioctl fills them */

    return ioctl(fd, SIOCOUTQ, &queued) == 0 && ioctl(fd, SIOCOUTQNSD, &unsent) == 0 &&
           queued > unsent;
}

/* Serves until nothing moves: what has arrived late, and the room that it made. What finds no room
 * at all is repeated later and later; that is not waited for. */
static void serve_all(struct talk *talk)
{
    for (int quiet = 0, i = 0; quiet < 2 && i < 100; quiet++, i++) {
        poll(NULL, 0, 1);
        serve(talk);
        if (is_on_its_way(talk->client) ||
            (is_open(talk) && is_on_its_way(talk->connection->stream.fd)))
            quiet = -1;
    }
}

/* Sends without reading until nothing fits anywhere. */
static void flood(struct talk *talk, uint64_t most)
{
    uint64_t before;

    do {
        before = talk->sent;
        push(talk, most - talk->sent);
        serve_all(talk);
    } while (talk->sent > before && talk->sent < most);
}

/* One read; what recv(2) answers, or the negative errno. */
static ssize_t pull(struct talk *talk, size_t size)
{
    unsigned char bytes[4096];
    ssize_t count = recv(talk->client, bytes, size < sizeof bytes ? size : sizeof bytes, 0);

    for (ssize_t i = 0; i < count; i++)
        assert_int_equal(bytes[i], byte_at(talk->back + (uint64_t)i));
    talk->back += count > 0 ? (uint64_t)count : 0;
    return count < 0 ? -errno : count;
}

/* One read of what there is or comes by itself: TCP opens a window that was shut in its own time.
 */
static ssize_t pull_some(struct talk *talk, size_t size)
{
    struct pollfd waiter = {.fd = talk->client, .events = POLLIN};

    for (int i = 0; i < 1000 && poll(&waiter, 1, 10) == 0; i++)
        serve(talk);
    return pull(talk, size);
}

/* Reads all that there is. */
static void pull_all(struct talk *talk)
{
    while (pull(talk, 4096) > 0)
        continue;
}

/* Reads what is still to come back. */
static void pull_rest(struct talk *talk)
{
    while (talk->back < talk->sent)
        assert_true(pull_some(talk, 4096) > 0);
}

/* Reads to the end of the stream: 0, or the negative errno that ended it. */
static ssize_t pull_end(struct talk *talk)
{
    ssize_t count;

    do
        count = pull_some(talk, 4096);
    while (count > 0);
    return count;
}

static void exchange(struct talk *talk, uint64_t length)
{
    push(talk, length);
    serve(talk);
    pull_rest(talk);
    assert_int_equal(pull(talk, 1), -EAGAIN);
}

static void a_silent_client_is_idle(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct talk talk;

        begin(&talk, pairs[i], (struct worker_limits){.idle_ns = NS_PER_S});
        exchange(&talk, 5);
        pass(&talk, NS_PER_S);
        assert_false(is_ending(&talk));
        pass(&talk, 2 * TICK_NS);
        assert_true(is_ending(&talk));
        assert_int_equal(pull_end(&talk), 0);
        end(&talk);
    }
}

/* However late the server looks, it serves what has come before it judges. */
static void what_came_before_a_late_look_counts(void **state)
{
    static const struct worker_limits rows[] = {
        {.idle_ns = NS_PER_S}, {.write_ns = NS_PER_S}, {.lifetime_ns = NS_PER_S}};

    (void)state;
    for (size_t i = 0; i < COUNT(pairs) * COUNT(rows); i++) {
        struct talk talk;

        begin(&talk, pairs[i % COUNT(pairs)], rows[i / COUNT(pairs)]);
        exchange(&talk, 5);
        pass(&talk, 3 * TICK_NS);
        push(&talk, 50);
        stand_still(&talk, 100 * NS_PER_S);
        serve(&talk);
        pull_rest(&talk);
        assert_int_equal(is_ending(&talk), rows[i / COUNT(pairs)].lifetime_ns != 0);
        end(&talk);
    }
}

/* Also more than a buffer of it, when the limit is one that ends the connection all the same, and
 * however much there was before. */
static void all_that_came_in_time_is_returned(void **state)
{
    static const uint64_t earlier[] = {0, UINT32_MAX - 10000};

    (void)state;
    for (size_t i = 0; i < COUNT(pairs) * COUNT(earlier); i++) {
        struct talk talk;
        uint64_t owed;

        begin(&talk, pairs[i % COUNT(pairs)],
              (struct worker_limits){.lifetime_ns = NS_PER_S, .linger_ns = NS_PER_S});
        talk.earlier = earlier[i / COUNT(pairs)];
        talk.connection->stream.echo.received = talk.connection->stream.echo.returned =
            talk.earlier;
        assert_int_equal(relay_resize(&talk.worker->relay, 1024), 0);
        push(&talk, 50000);
        while (is_on_its_way(talk.client))
            poll(NULL, 0, 1);
        owed = io_waiting(talk.connection->stream.fd);
        assert_true(owed > 20000);
        stand_still(&talk, 100 * NS_PER_S);
        assert_true(is_ending(&talk));
        while (talk.back < owed) {
            assert_true(pull_some(&talk, 4096) > 0);
            pass(&talk, TICK_NS);
        }
        assert_int_equal(pull_end(&talk), 0);
        assert_int_equal(talk.counters.cut, 0);
        end(&talk);
    }
}

/* A client that has read while the server stood still has taken its echo. */
static void what_was_read_before_a_late_look_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct talk talk;

        begin(&talk, pairs[i], (struct worker_limits){.write_ns = NS_PER_S});
        flood(&talk, 64 << 20);
        pass(&talk, 2 * TICK_NS);
        pull_all(&talk);
        stand_still(&talk, 100 * NS_PER_S);
        assert_false(is_ending(&talk));
        end(&talk);
    }
}

/* Also when all that it has not taken is in the kernel. */
static void an_echo_that_is_not_taken_times_out(void **state)
{
    static const uint64_t lengths[] = {50000, 64 << 20};

    (void)state;
    for (size_t i = 0; i < COUNT(pairs) * COUNT(lengths); i++) {
        struct talk talk;

        begin(&talk, pairs[i % COUNT(pairs)], (struct worker_limits){.write_ns = NS_PER_S});
        shrink(&talk);
        exchange(&talk, 5);
        pass(&talk, 10 * NS_PER_S); /* who has taken everything may be silent */
        flood(&talk, lengths[i / COUNT(pairs)]);
        pass(&talk, NS_PER_S);
        assert_false(is_ending(&talk));
        pass(&talk, 2 * TICK_NS);
        assert_true(is_ending(&talk));
        end(&talk);
    }
}

/* Sending is no excuse for a client that does not read. */
static void a_client_that_only_sends_times_out(void **state)
{
    struct talk talk;

    (void)state;
    begin(&talk, sockets_unix_pair, (struct worker_limits){.write_ns = NS_PER_S});
    for (int i = 0; i < 20 && !is_ending(&talk); i++) {
        push(&talk, 1);
        pass(&talk, TICK_NS);
    }
    assert_true(is_ending(&talk));
    end(&talk);
}

/* As long as there was no time to ask how much a client has read, it is not judged by it. */
static void who_could_not_be_asked_is_not_judged(void **state)
{
    static const struct worker_limits rows[] = {{.idle_ns = NS_PER_S}, {.write_ns = NS_PER_S}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct talk talk;

        begin(&talk, sockets_unix_pair, rows[i]);
        talk.worker->ask_until_ns = 0;
        push(&talk, 100);
        pass(&talk, 10 * NS_PER_S);
        assert_false(is_ending(&talk));
        assert_ptr_equal(talk.worker->unasked, talk.connection);
        talk.worker->ask_until_ns = UINT64_MAX;
        pass(&talk, NS_PER_S); /* from the first answer */
        assert_false(is_ending(&talk));
        pass(&talk, 2 * TICK_NS);
        assert_true(is_ending(&talk));
        end(&talk);
    }
}

/* A client that reads steadily but too much too slowly is given 30 seconds, however the settings
 * are. */
static void an_ending_has_its_own_end(void **state)
{
    struct talk talk;

    (void)state;
    begin(&talk, sockets_unix_pair, (struct worker_limits){.linger_ns = 100 * NS_PER_S});
    flood(&talk, 64 << 20);
    connection_stop(talk.connection, ECHO_DRAIN, talk.now_ns);
    for (int i = 0; i < 30; i++) {
        assert_true(is_open(&talk));
        assert_true(pull_some(&talk, 1) > 0);
        pass(&talk, NS_PER_S);
    }
    pass(&talk, 2 * TICK_NS);
    assert_false(is_open(&talk));
    assert_int_equal(talk.counters.cut, 1);
    end(&talk);
}

/* 4 KiB in a quarter of a second: less than the kernel frees at a time, and never a pause. */
static void a_steady_slow_reader_has_everything(void **state)
{
    static const struct worker_limits rows[] = {
        {.idle_ns = NS_PER_S}, {.write_ns = NS_PER_S}, {.linger_ns = NS_PER_S}};
    struct sock_diag diag;

    (void)state;
    sock_diag_init(&diag);
    if (diag.fd < 0) {
        leave_out("a_steady_slow_reader_has_everything", "no sock_diag(7)");
        skip();
    }
    sock_diag_release(&diag);
    for (size_t i = 0; i < COUNT(pairs) * COUNT(rows); i++) {
        struct talk talk;
        uint64_t owed;

        begin(&talk, pairs[i % COUNT(pairs)], rows[i / COUNT(pairs)]);
        flood(&talk, 400000);
        owed = talk.sent;
        if (talk.limits.linger_ns) {
            connection_stop(talk.connection, ECHO_DRAIN, talk.now_ns);
            owed = talk.connection->stop_at;
        }
        while (talk.back < owed) {
            assert_true(pull_some(&talk, 4096) > 0);
            serve_all(&talk); /* the acknowledgements come in the kernel's time */
            pass(&talk, 250 * NS_PER_MS);
        }
        assert_int_equal(talk.counters.cut, 0);
        end(&talk);
    }
}

/* What is thrown away ends in a reset. */
static void a_cut_is_no_clean_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct talk talk;

        begin(&talk, pairs[i], (struct worker_limits){.linger_ns = NS_PER_S});
        flood(&talk, 64 << 20);
        connection_stop(talk.connection, ECHO_DRAIN, talk.now_ns);
        /* From the stop, or from the first look after it if more of the echo has gone out. */
        pass(&talk, NS_PER_S - TICK_NS);
        assert_true(is_open(&talk));
        pass(&talk, 3 * TICK_NS);
        assert_false(is_open(&talk));
        assert_int_equal(talk.counters.cut, 1);
        assert_int_equal(pull_end(&talk), -ECONNRESET);
        assert_true(talk.back < talk.sent);
        end(&talk);
    }
}

/* Who has everything and goes on sending is left with a clean end. */
static void a_stop_is_a_clean_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct talk talk;

        begin(&talk, pairs[i], (struct worker_limits){.linger_ns = NS_PER_S});
        exchange(&talk, 100);
        push(&talk, 10); /* it came in time, so it is returned */
        connection_stop(talk.connection, ECHO_DRAIN, talk.now_ns);
        assert_int_equal(pull_end(&talk), 0);
        assert_int_equal(talk.back, 110);
        push(&talk, 10);
        pass(&talk, 2 * TICK_NS);
        assert_true(is_open(&talk));
        assert_int_equal(shutdown(talk.client, SHUT_WR), 0);
        wait_for_server(&talk, POLLRDHUP);
        serve_all(&talk);
        pass(&talk, TICK_NS);
        assert_false(is_open(&talk));
        assert_int_equal(talk.counters.cut, 0);
        end(&talk);
    }
}

/* An opening of the test's own: a line of at most 16 bytes, within a second. */
struct line {
    struct connection_opening opening;
    size_t length;
    unsigned char bytes[16];
};

static unsigned lines_open;

static void release_line(struct connection_opening *opening)
{
    lines_open--;
    free(OWNER(opening, struct line, opening));
}

static bool turn_line(struct connection *connection)
{
    struct line *line = OWNER(connection->opening, struct line, opening);
    ssize_t count = io_receive(connection->stream.fd, line->bytes + line->length,
                               sizeof line->bytes - line->length);
    const unsigned char *end;

    if (count == -EAGAIN)
        return true;
    line->length += count > 0 ? (size_t)count : 0;
    end = memchr(line->bytes, '\n', line->length);
    if (count > 0 && !end && line->length < sizeof line->bytes)
        return true;
    if (count > 0 && end) {
        end++;
        connection_opened(connection, end, (size_t)(line->bytes + line->length - end));
        connection_echo(connection);
    } else if (count == 0) {
        echo_ended(&connection->stream.echo);
        connection_opened(connection, NULL, 0);
        connection_echo(connection);
    } else {
        connection_fail(connection, count < 0 ? (int)count : -EPROTO);
    }
    return false;
}

static void begin_line(struct connection *connection)
{
    struct line *line = calloc(1, sizeof *line);

    assert_non_null(line);
    lines_open++;
    line->opening = (struct connection_opening){.turn = turn_line, .release = release_line};
    connection_open(connection, &line->opening, LOOP_READ, 2 * NS_PER_S);
}

static const struct service after_a_line = {.begin = begin_line};

static void say(struct talk *talk, const char *text)
{
    assert_int_equal(write(talk->client, text, strlen(text)), strlen(text));
    wait_for_server(talk, POLLIN);
    serve(talk);
}

/* However it is cut into pieces, nothing of it is returned, and all that is behind it. */
static void an_opening_hands_over_the_rest(void **state)
{
    static const char *const rows[][3] = {
        {"hello\n", "", ""},         {"he", "llo\n", ""},   {"\n", "", ""},
        {"hello\nrest", "rest", ""}, {"h", "ello\nr", "r"}, {"he", "llo\n123456", "123456"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(pairs) * COUNT(rows); i++) {
        const char *const *row = rows[i / COUNT(pairs)];
        const char *rest = strchr(row[0], '\n') ? row[1] : row[2];
        struct talk talk;

        begin_serving(&talk, &after_a_line, pairs[i % COUNT(pairs)],
                      (struct worker_limits){.idle_ns = NS_PER_S / 2});
        say(&talk, row[0]);
        if (!strchr(row[0], '\n')) {
            assert_int_equal(pull(&talk, 1), -EAGAIN);
            talk.now_ns += NS_PER_S - NS_PER_MS;
            say(&talk, row[1]);
        }
        assert_int_equal(lines_open, 0);
        assert_null(talk.connection->opening);
        if (*rest) {
            serve(&talk);
            sockets_wait(talk.client, POLLIN);
            sockets_expect(talk.client, rest);
        }
        stand_still(&talk, 0); /* what came before is no idle time of the echo */
        assert_false(is_ending(&talk));
        exchange(&talk, 1000);
        assert_int_equal(talk.connection->stream.echo.returned, strlen(rest) + 1000);
        pass(&talk, NS_PER_S + 2 * TICK_NS);
        assert_true(is_ending(&talk));
        end(&talk);
    }
}

/* Neither a silent client nor half a header holds a connection, and both see a clean end; what came
 * before a late look counts. */
static void an_opening_has_its_own_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4 * COUNT(pairs); i++) {
        bool half = i & 1, stopped = i & 2;
        struct talk talk;

        begin_serving(&talk, &after_a_line, pairs[i / 4],
                      (struct worker_limits){.linger_ns = NS_PER_S});
        if (half)
            say(&talk, "hal");
        pass(&talk, NS_PER_S - TICK_NS);
        assert_false(is_ending(&talk));
        if (stopped)
            connection_stop(talk.connection, ECHO_DRAIN, talk.now_ns);
        else
            pass(&talk, TICK_NS);
        assert_int_equal(lines_open, 0);
        assert_true(is_ending(&talk));
        assert_int_equal(pull_end(&talk), 0);
        assert_int_equal(write(talk.client, "f\n", 2), 2); /* too late: it is thrown away */
        pass(&talk, TICK_NS);
        assert_int_equal(pull(&talk, 1), 0);
        assert_true(is_open(&talk));
        assert_int_equal(shutdown(talk.client, SHUT_WR), 0);
        wait_for_server(&talk, POLLRDHUP);
        serve_all(&talk);
        assert_false(is_open(&talk));
        assert_int_equal(talk.counters.timeouts, !stopped);
        assert_int_equal(talk.counters.returned, 0);
        end(&talk);

        begin_serving(&talk, &after_a_line, pairs[i / 4], (struct worker_limits){.linger_ns = 1});
        assert_int_equal(write(talk.client, "in time\n", 8), 8);
        wait_for_server(&talk, POLLIN);
        stand_still(&talk, 100 * NS_PER_S);
        assert_false(is_ending(&talk));
        exchange(&talk, 5);
        end(&talk);
    }
}

/* By the client: its end, its reset, and what is no header. */
static void an_opening_that_fails_is_freed(void **state)
{
    const struct linger hard = {.l_onoff = 1};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct talk talk;

        begin_serving(&talk, &after_a_line, sockets_tcp_pair, (struct worker_limits){0});
        assert_int_equal(lines_open, 1);
        if (i == 0) {
            assert_int_equal(shutdown(talk.client, SHUT_WR), 0);
            wait_for_server(&talk, POLLRDHUP);
            serve(&talk);
            assert_int_equal(pull_end(&talk), 0);
        } else if (i == 1) {
            assert_int_equal(setsockopt(talk.client, SOL_SOCKET, SO_LINGER, &hard, sizeof hard), 0);
            close(talk.client);
            wait_for_server(&talk, POLLHUP);
            serve(&talk);
            talk.client = dup(0);
        } else {
            say(&talk, "a line without an end");
        }
        assert_false(is_open(&talk));
        assert_int_equal(lines_open, 0);
        assert_int_equal(talk.counters.half_closes, i == 0);
        assert_int_equal(talk.counters.resets, i == 1);
        assert_int_equal(talk.counters.errors, i == 2);
        end(&talk);
    }
    /* And when the server ends at once. */
    struct talk talk;

    begin_serving(&talk, &after_a_line, sockets_unix_pair, (struct worker_limits){0});
    end(&talk);
    assert_int_equal(lines_open, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_client_is_idle),
        cmocka_unit_test(what_came_before_a_late_look_counts),
        cmocka_unit_test(all_that_came_in_time_is_returned),
        cmocka_unit_test(what_was_read_before_a_late_look_counts),
        cmocka_unit_test(an_echo_that_is_not_taken_times_out),
        cmocka_unit_test(a_client_that_only_sends_times_out),
        cmocka_unit_test(who_could_not_be_asked_is_not_judged),
        cmocka_unit_test(an_ending_has_its_own_end),
        cmocka_unit_test(a_steady_slow_reader_has_everything),
        cmocka_unit_test(a_cut_is_no_clean_end),
        cmocka_unit_test(a_stop_is_a_clean_end),
        cmocka_unit_test(an_opening_hands_over_the_rest),
        cmocka_unit_test(an_opening_has_its_own_end),
        cmocka_unit_test(an_opening_that_fails_is_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
