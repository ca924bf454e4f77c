/* SPDX-License-Identifier: ISC */
/* The exchange over a socket pair, with a peer in a thread and failing system calls between. */
#include "base/clock.h"
#include "client/exchange.h"
#include "client/generator.h"
#include "lib/faults.h"
#include "lib/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#define STREAM_SIZE 200000

/* An echo server with a limit: after so many bytes it ends, is gone, keeps silent or sends more. */
enum peer_habit { PEER_ECHOES, PEER_ENDS, PEER_LEAVES, PEER_KEEPS_SILENT, PEER_SENDS_MORE };

struct peer {
    int fd;
    enum peer_habit habit;
    size_t limit;
    pthread_t thread;
};

static void *peer_main(void *argument)
{
    struct peer *peer = argument;
    unsigned char bytes[4096];
    size_t done = 0;

    for (;;) {
        ssize_t count = recv(peer->fd, bytes, sizeof bytes, 0);

        if (count <= 0)
            break;
        if (peer->habit != PEER_ECHOES && done + (size_t)count > peer->limit)
            count = (ssize_t)(peer->limit - done);
        done += (size_t)count;
        if (send(peer->fd, bytes, (size_t)count, MSG_NOSIGNAL) < count)
            break;
        if (peer->habit == PEER_LEAVES && done == peer->limit) {
            shutdown(peer->fd, SHUT_RDWR);
            break;
        }
        if (peer->habit == PEER_ENDS && done == peer->limit) {
            shutdown(peer->fd, SHUT_WR);
            while (recv(peer->fd, bytes, sizeof bytes, 0) > 0)
                ;
            break;
        }
    }
    if (peer->habit == PEER_SENDS_MORE)
        send(peer->fd, bytes, 17, MSG_NOSIGNAL);
    shutdown(peer->fd, SHUT_WR);
    return NULL;
}

/* Starts a peer; returns our end, non-blocking. */
static int peer_start(struct peer *peer, enum peer_habit habit, size_t limit)
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    *peer = (struct peer){.fd = fds[1], .habit = habit, .limit = limit};
    assert_int_equal(pthread_create(&peer->thread, NULL, peer_main, peer), 0);
    return fds[0];
}

static void peer_stop(struct peer *peer, int fd)
{
    close(fd);
    pthread_join(peer->thread, NULL);
    close(peer->fd);
}

static const struct trace silent;

/* A whole generated stream; the word of the verdict. */
static enum reason_word stream(enum peer_habit habit, size_t limit, const char *script,
                               uint64_t timeout_ns, struct reason *why)
{
    static struct generator generator; /* large */
    struct exchange exchange;
    struct peer peer;
    int fd = peer_start(&peer, habit, limit);

    why->word = REASON_NONE;
    generator_init(&generator, &exchange, fd, 1, 0, &silent, timeout_ns);
    generator_offer(&exchange, STREAM_SIZE);
    faults_set(script);
    if (exchange_run(&exchange, EXCHANGE_ENDED, why) == 0) {
        assert_true(exchange.sent == STREAM_SIZE && exchange.received == STREAM_SIZE);
        assert_true(exchange.half_closed && exchange.ended);
    }
    faults_set("");
    peer_stop(&peer, fd);
    return why->word;
}

static void faults_on_the_way(void **state)
{
    static const struct {
        const char *script;
        enum reason_word word;
    } rows[] = {
        {"", REASON_NONE},
        {"send:short=1", REASON_NONE},
        {"recv:short=1", REASON_NONE},
        {"send:short=1000;recv:short=999", REASON_NONE},
        {"recv:EINTR@1,+3;send:EINTR@2,+5", REASON_NONE},
        {"recv:EAGAIN p=0.5;send:EAGAIN p=0.5", REASON_NONE},
        {"recv:ECONNRESET@3", REASON_RESET},
        {"recv:ETIMEDOUT@3", REASON_RESET},
        {"send:ENOBUFS@1", REASON_OTHER},
    };
    struct reason why;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum reason_word word = stream(PEER_ECHOES, 0, rows[i].script, 30 * NS_PER_S, &why);

        if (word != rows[i].word)
            fail_msg("\"%s\": %s instead of %s", rows[i].script, reason_name(word),
                     reason_name(rows[i].word));
    }
}

static void ends(void **state)
{
    static const struct {
        enum peer_habit habit;
        size_t limit;
        uint64_t timeout_ns;
        enum reason_word word;
        const char *text;
    } rows[] = {
        {PEER_ENDS, 0, 30 * NS_PER_S, REASON_EOF, "at 0 of 200000"},
        {PEER_ENDS, 1, 30 * NS_PER_S, REASON_TRUNCATED, "at 1 of 200000"},
        {PEER_ENDS, 70000, 30 * NS_PER_S, REASON_TRUNCATED, "at 70000 of 200000"},
        /* Sending fails then; what had come back counts all the same. */
        {PEER_LEAVES, 10000, 30 * NS_PER_S, REASON_TRUNCATED, "at 10000 of 200000"},
        {PEER_KEEPS_SILENT, STREAM_SIZE - 1, 30 * NS_PER_S, REASON_TRUNCATED,
         "at 199999 of 200000"},
        {PEER_SENDS_MORE, STREAM_SIZE, 30 * NS_PER_S, REASON_EXTRA, "17 bytes (sent "},
    };
    struct reason why;

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum reason_word word = stream(rows[i].habit, rows[i].limit, "", rows[i].timeout_ns, &why);

        assert_int_equal(word, rows[i].word);
        assert_memory_equal(why.text, rows[i].text, strlen(rows[i].text));
    }
}

/* An unanswered message stalls after the timeout, and not before. */
static void stall(void **state)
{
    static struct generator generator; /* large */
    struct exchange exchange;
    struct reason why;
    struct peer peer;
    int fd = peer_start(&peer, PEER_KEEPS_SILENT, 3);
    uint64_t start_ns = clock_now_ns();

    (void)state;
    generator_init(&generator, &exchange, fd, 1, 0, &silent, 100 * NS_PER_MS);
    generator_offer(&exchange, 5);
    assert_int_equal(exchange_run(&exchange, EXCHANGE_ECHOED, &why), -1);
    assert_true(clock_now_ns() - start_ns >= 100 * NS_PER_MS);
    assert_int_equal(why.word, REASON_STALLED);
    assert_string_equal(why.text, "0.1 s at 3");
    peer_stop(&peer, fd);
}

/* The first byte has limits of its own. */
static void stall_at_first(void **state)
{
    static struct generator generator; /* large */
    static const struct {
        size_t limit; /* of what the peer echoes */
        uint64_t timeout_ns;
        struct exchange_patience first; /* until_ns and end_ns: from now */
        uint64_t end_ns;
        const char *text;
    } rows[] = {
        {0, 0, {50 * NS_PER_MS, 3600 * NS_PER_S}, 0, "0.05 s at 0"},
        {0, 60 * NS_PER_MS, {3600 * NS_PER_S, 3600 * NS_PER_S}, 0, "0.06 s at 0"},
        {3, 70 * NS_PER_MS, {3600 * NS_PER_S, 3600 * NS_PER_S}, 0, "0.07 s at 3"},
        {0, 0, {3600 * NS_PER_S, 50 * NS_PER_MS}, 0, " s at 0"},
        {0, 0, {0, 0}, 50 * NS_PER_MS, " s at 0"},
        {3, 0, {0, 0}, 50 * NS_PER_MS, " s at 3"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct exchange exchange;
        struct reason why;
        struct peer peer;
        int fd = peer_start(&peer, PEER_KEEPS_SILENT, rows[i].limit);
        uint64_t now_ns = clock_now_ns();

        generator_init(&generator, &exchange, fd, 1, 0, &silent, rows[i].timeout_ns);
        generator_offer(&exchange, 5);
        exchange.first = rows[i].first;
        if (exchange.first.until_ns)
            exchange.first.until_ns += now_ns;
        if (rows[i].end_ns)
            exchange.end_ns = now_ns + rows[i].end_ns;
        assert_int_equal(exchange_run(&exchange, EXCHANGE_ECHOED, &why), -1);
        assert_int_equal(why.word, REASON_STALLED);
        if (!strstr(why.text, rows[i].text))
            fail_msg("row %zu: \"%s\"", i, why.text);
        peer_stop(&peer, fd);
    }
}

/* After the last echo the peer may end, but not break the connection. */
static void reset_at_the_end(void **state)
{
    static struct generator generator; /* large */
    struct exchange exchange;
    struct reason why;
    struct peer peer;
    int fd = peer_start(&peer, PEER_ECHOES, 0);

    (void)state;
    generator_init(&generator, &exchange, fd, 1, 0, &silent, 30 * NS_PER_S);
    generator_offer(&exchange, 5);
    assert_int_equal(exchange_run(&exchange, EXCHANGE_ECHOED, &why), 0);
    faults_set("recv:ECONNRESET@1");
    assert_int_equal(exchange_finish(&exchange, &why), -1);
    faults_set("");
    assert_int_equal(why.word, REASON_RESET);
    assert_int_equal(why.code, ECONNRESET);
    assert_string_equal(why.text, "at 5");
    peer_stop(&peer, fd);
}

/* More than the window holds goes through it all the same, both ways at once. */
static void small_window(void **state)
{
    static unsigned char message[100000];
    unsigned char window[100];
    struct compare compare;
    struct exchange exchange;
    struct reason why;
    struct peer peer;
    int fd = peer_start(&peer, PEER_ECHOES, 0);

    (void)state;
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (unsigned char)(i * 7 + i / 256);
    compare_init_window(&compare, window, sizeof window);
    exchange_init(&exchange, fd, &compare, &silent, 30 * NS_PER_S);
    exchange.pending = message;
    exchange.pending_length = sizeof message;
    exchange.planned = sizeof message;
    exchange.exhausted = true;
    assert_int_equal(exchange_run(&exchange, EXCHANGE_ECHOED, &why), 0);
    assert_int_equal(compare_owed(&compare), 0);
    assert_false(exchange.half_closed);
    assert_int_equal(exchange_finish(&exchange, &why), 0);
    assert_true(exchange.half_closed && exchange.ended);
    peer_stop(&peer, fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_on_the_way),
        cmocka_unit_test(ends),
        cmocka_unit_test(stall),
        cmocka_unit_test(stall_at_first),
        cmocka_unit_test(reset_at_the_end),
        cmocka_unit_test(small_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
