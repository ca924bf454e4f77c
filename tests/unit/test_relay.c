/* SPDX-License-Identifier: ISC */
#include "lib/testing.h"

#include "lib/faults.h"
#include "lib/sockets.h"
#include "server/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SIZE 4096

/* One connection and its client; what the client has sent and received. */
struct talk {
    struct relay relay;
    struct stream stream;
    int client;
    uint64_t sent, back;
    unsigned wants;
};

/* The only malloc calls that are wrapped are those of the objects in this program. */
static bool no_memory;
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return no_memory ? NULL : __real_malloc(size);
}

static unsigned pooled_calls;

static void (*const pairs[])(int fds[2]) = {sockets_unix_pair, sockets_tcp_pair};

static void begin(struct talk *talk, void (*pair)(int fds[2]), unsigned pipe_limit)
{
    int fds[2], small = 16384, usual = 65536;

    pair(fds);
    *talk = (struct talk){.client = fds[1]};
    /* Soon full, so that bytes must wait with the relay. */
    for (int i = 0; i < 2; i++) {
        setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
        /* What is set does not grow by itself. */
        setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF, &usual, sizeof usual);
        assert_int_equal(fcntl(fds[i], F_SETFL, O_NONBLOCK), 0);
    }
    assert_int_equal(relay_init(&talk->relay, SIZE, pipe_limit, NULL), 0);
    stream_init(&talk->stream, fds[0]);
}

static void end(struct talk *talk)
{
    stream_release(&talk->stream, &talk->relay.pipes);
    assert_true(talk->relay.pipes.count <= talk->relay.pipes.limit);
    relay_release(&talk->relay);
    close(talk->stream.fd);
    close(talk->client);
    faults_set("");
}

static void turn(struct talk *talk)
{
    struct echo *echo = &talk->stream.echo;

    talk->wants = relay_turn(&talk->relay, &talk->stream);
    assert_true(echo->returned <= echo->received);
    /* Eight buffers in a pipe while the client takes them, one without pipes. */
    assert_true(echo_held(echo) <= (talk->relay.pipes.limit ? 8 : 1) * SIZE);
    assert_true(echo->phase == ECHO_CLOSED ||
                (echo_held(echo) > 0) == (talk->stream.held || talk->stream.pipe));
}

/* Loopback may deliver later: on another CPU, or when this one has time. */
static void wait_for_arrival(struct talk *talk)
{
    if (talk->sent > talk->stream.echo.received + talk->stream.discarded)
        sockets_wait(talk->stream.fd, POLLIN);
}

/* Sends what fits, up to length bytes, and some of what is on its way has arrived. */
static size_t push(struct talk *talk, size_t length)
{
    unsigned char bytes[SIZE];
    size_t done = 0;

    while (done < length) {
        size_t piece = length - done < sizeof bytes ? length - done : sizeof bytes;
        ssize_t count;

        for (size_t i = 0; i < piece; i++)
            bytes[i] = byte_at(talk->sent + i);
        count = send(talk->client, bytes, piece, MSG_NOSIGNAL);
        if (count <= 0)
            break;
        talk->sent += (uint64_t)count;
        done += (size_t)count;
    }
    wait_for_arrival(talk);
    return done;
}

/* The client is gone, and the server's socket knows. */
static void reset(struct talk *talk)
{
    const struct linger at_once = {.l_onoff = 1};

    setsockopt(talk->client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(talk->client);
    sockets_wait(talk->stream.fd, POLLHUP);
    talk->client = dup(talk->stream.fd); /* for end */
}

/* Reads what is there and compares; -1 at the end of the stream, -2 when it is broken. */
static ssize_t pull(struct talk *talk, size_t length)
{
    unsigned char bytes[SIZE];
    size_t done = 0;

    while (done < length) {
        size_t piece = length - done < sizeof bytes ? length - done : sizeof bytes;
        ssize_t count = recv(talk->client, bytes, piece, 0);

        if (count < 0 && errno == EAGAIN)
            break;
        if (count <= 0)
            return count < 0 ? -2 : -1;
        for (ssize_t i = 0; i < count; i++)
            assert_int_equal(bytes[i], byte_at(talk->back + (uint64_t)i));
        talk->back += (uint64_t)count;
        done += (size_t)count;
    }
    return (ssize_t)done;
}

/* The client sends and does not read, until nobody can go on. */
static void fill(struct talk *talk)
{
    uint64_t before;

    do {
        before = talk->sent + talk->stream.echo.received;
        push(talk, SIZE);
        turn(talk);
        assert_true(talk->sent < 1000 * SIZE);
    } while (talk->wants != ECHO_RETURN || talk->sent + talk->stream.echo.received > before);
}

/* The client reads everything that it has sent. */
static void drink(struct talk *talk)
{
    while (talk->back < talk->sent) {
        assert_true(pull(talk, SIZE) >= 0);
        turn(talk);
    }
    assert_int_equal(talk->wants, ECHO_RECEIVE);
}

/* Full buffers, each read at once: a bulk transfer, and so a pipe. */
static void make_bulk(struct talk *talk)
{
    while (talk->relay.pipes.count == 0) {
        push(talk, SIZE);
        turn(talk);
        assert_true(pull(talk, 4 * SIZE) >= 0);
        assert_true(talk->sent < 100 * SIZE);
    }
    drink(talk);
}

static void messages(void **state)
{
    struct talk talk;

    (void)state;
    for (size_t pair = 0; pair < COUNT(pairs); pair++) {
        begin(&talk, pairs[pair], 4);
        for (size_t length = 1; length < SIZE / 2; length += 97) {
            assert_int_equal(push(&talk, length), length);
            while (talk.stream.echo.returned < talk.sent)
                turn(&talk);
            assert_int_equal(talk.wants, ECHO_RECEIVE);
            /* A connection that keeps up owns neither. */
            assert_null(talk.stream.held);
            assert_null(talk.stream.pipe);
            drink(&talk);
        }
        turn(&talk);
        assert_int_equal(talk.wants, ECHO_RECEIVE);
        assert_int_equal(talk.relay.pipes.count, 0);
        end(&talk);
    }
}

static void waiting_in_memory(void **state)
{
    struct talk talk;

    (void)state;
    for (size_t pair = 0; pair < COUNT(pairs); pair++) {
        begin(&talk, pairs[pair], 0);
        for (int round = 0; round < 3; round++) {
            fill(&talk);
            assert_non_null(talk.stream.held);
            assert_null(talk.stream.pipe);
            assert_true(talk.stream.stalls > 0);
            drink(&talk);
            assert_null(talk.stream.held);
        }
        end(&talk);
    }
}

static void waiting_in_a_pipe(void **state)
{
    struct talk talk;

    (void)state;
    for (size_t pair = 0; pair < COUNT(pairs); pair++) {
        begin(&talk, pairs[pair], 4);
        for (int round = 0; round < 3; round++) {
            make_bulk(&talk);
            fill(&talk);
            assert_null(talk.stream.held);
            assert_non_null(talk.stream.pipe);
            drink(&talk);
            assert_null(talk.stream.pipe);
            assert_int_equal(talk.relay.pipes.count, 1);
        }
        end(&talk);
    }
}

/* Thin messages end the bulk transfer: no pipe is touched for them any more. */
static void thick_and_thin(void **state)
{
    struct talk talk;

    (void)state;
    for (size_t pair = 0; pair < COUNT(pairs); pair++) {
        unsigned before;

        begin(&talk, pairs[pair], 4);
        make_bulk(&talk);
        for (int i = 0; i < 40; i++) {
            push(&talk, 10);
            drink(&talk);
        }
        before = faults_calls("splice");
        for (int i = 0; i < 40; i++) {
            push(&talk, 10);
            drink(&talk);
        }
        assert_int_equal(faults_calls("splice"), before);
        end(&talk);
    }
}

/* A read need not be full to be one of a bulk transfer: TCP over loopback brings 65483 bytes. */
static void nearly_full(void **state)
{
    struct talk talk;

    (void)state;
    for (size_t pair = 0; pair < COUNT(pairs); pair++) {
        begin(&talk, pairs[pair], 4);
        for (int i = 0; i < 10; i++) {
            push(&talk, SIZE / 2 - 1);
            drink(&talk);
        }
        assert_int_equal(talk.relay.pipes.count, 0);
        for (int i = 0; i < 40; i++) {
            push(&talk, SIZE - 53);
            drink(&talk);
        }
        assert_int_equal(talk.relay.pipes.count, 1);
        end(&talk);
    }
}

static void bulk_rounds(struct talk *talk, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        push(talk, SIZE);
        turn(talk);
        assert_true(pull(talk, 4 * SIZE) >= 0);
    }
}

/* While others have messages a bulk transfer is copied, and goes through a pipe again after them.
 */
static void beside_messages(void **state)
{
    struct talk talk;
    struct stream other;
    int fds[2];
    char byte = 'x';

    (void)state;
    for (size_t pair = 0; pair < COUNT(pairs); pair++) {
        unsigned before;

        begin(&talk, pairs[pair], 4);
        pairs[pair](fds);
        stream_init(&other, fds[0]);
        make_bulk(&talk);
        for (int i = 0; i < 20; i++) {
            assert_int_equal(send(fds[1], &byte, 1, 0), 1);
            while (other.echo.returned <= (uint64_t)i)
                assert_int_equal(relay_turn(&talk.relay, &other), ECHO_RECEIVE);
            before = faults_calls("splice");
            bulk_rounds(&talk, 10);
            assert_int_equal(faults_calls("splice"), before);
        }
        bulk_rounds(&talk, 40);
        assert_true(faults_calls("splice") > before);
        close(fds[0]);
        close(fds[1]);
        end(&talk);
    }
}

/* How an end may look from the client, with bytes held in either place. */
static void endings(void **state)
{
    struct talk talk;

    (void)state;
    for (size_t pair = 0; pair < COUNT(pairs); pair++)
        for (unsigned pipes = 0; pipes < 2; pipes++)
            for (int stop = 0; stop < 2; stop++) {
                ssize_t count;
                uint64_t owed;

                begin(&talk, pairs[pair], pipes);
                if (pipes)
                    make_bulk(&talk);
                fill(&talk);
                if (stop)
                    echo_stop(&talk.stream.echo, ECHO_DRAIN);
                else
                    shutdown(talk.client, SHUT_WR);
                owed = stop ? talk.stream.echo.received : talk.sent;
                do {
                    count = pull(&talk, SIZE);
                    turn(&talk);
                    if (stop) /* thrown away, so that no reset destroys what is on its way */
                        push(&talk, SIZE);
                } while (count >= 0);
                assert_int_equal(count, -1);
                assert_true(talk.back == owed);
                if (stop) {
                    assert_int_equal(talk.wants, ECHO_DISCARD);
                    assert_int_equal(talk.stream.echo.phase, ECHO_LINGERING);
                    shutdown(talk.client, SHUT_WR);
                    for (int i = 0; i < 1000 && talk.wants == ECHO_DISCARD; i++)
                        turn(&talk);
                    assert_true(talk.stream.discarded > 0);
                }
                assert_int_equal(talk.wants, ECHO_CLOSE);
                assert_int_equal(talk.stream.echo.reason, stop ? ECHO_DRAIN : ECHO_CLIENT_CLOSED);
                end(&talk);
            }
}

static void resets(void **state)
{
    struct talk talk;

    (void)state;
    for (size_t pair = 0; pair < COUNT(pairs); pair++)
        for (unsigned pipes = 0; pipes < 2; pipes++) {
            begin(&talk, pairs[pair], pipes);
            if (pipes)
                make_bulk(&talk);
            fill(&talk);
            reset(&talk);
            for (int i = 0; i < 10 && talk.wants != ECHO_CLOSE; i++)
                turn(&talk);
            assert_int_equal(talk.wants, ECHO_CLOSE);
            assert_int_equal(talk.stream.echo.reason, ECHO_CLIENT_RESET);
            end(&talk);
            /* A pipe with foreign bytes in it serves nobody again. */
            assert_int_equal(talk.relay.pipes.count, 0);
        }
}

/* Nothing waits, so it is a receiving call that meets the reset: recv(2) or splice(2). */
static void resets_while_receiving(void **state)
{
    struct talk talk;

    (void)state;
    for (size_t pair = 0; pair < COUNT(pairs); pair++)
        for (unsigned pipes = 0; pipes < 2; pipes++) {
            begin(&talk, pairs[pair], pipes);
            if (pipes)
                make_bulk(&talk);
            push(&talk, SIZE);
            turn(&talk); /* the echo stays unread: a Unix socket resets for that */
            reset(&talk);
            turn(&talk);
            assert_int_equal(talk.wants, ECHO_CLOSE);
            assert_int_equal(talk.stream.echo.reason, ECHO_CLIENT_RESET);
            assert_false(talk.stream.echo.ended);
            end(&talk);
        }
}

/* However much there is to do, a turn does a bounded part of it. */
static void fairness(void **state)
{
    struct talk talk;

    (void)state;
    for (unsigned pipes = 0; pipes < 2; pipes++) {
        begin(&talk, sockets_unix_pair, pipes);
        for (int i = 0; i < 100; i++) {
            uint64_t before = talk.stream.echo.received;

            push(&talk, 16 * SIZE);
            turn(&talk);
            assert_true(talk.stream.echo.received - before <= 8 * SIZE);
            assert_true(pull(&talk, 16 * SIZE) >= 0);
        }
        end(&talk);
    }
}

/* The pool: no more pipes than allowed, and the connection without one copies. */
static void pool(void **state)
{
    struct talk first, second;
    struct relay own;

    (void)state;
    begin(&first, sockets_unix_pair, 1);
    begin(&second, sockets_unix_pair, 1);
    own = second.relay;
    second.relay = first.relay;
    make_bulk(&first);
    fill(&first);
    assert_non_null(first.stream.pipe);
    second.relay = first.relay;
    for (int i = 0; i < 40; i++) {
        push(&second, SIZE);
        turn(&second);
        assert_true(pull(&second, SIZE) >= 0);
    }
    assert_int_equal(second.relay.pipes.count, 1);
    fill(&second);
    assert_non_null(second.stream.held);
    drink(&second);
    first.relay = second.relay;
    drink(&first);
    second.relay = own;
    end(&second);
    end(&first);
}

static void count_call(struct pipes *pipes)
{
    (void)pipes;
    pooled_calls++;
}

/* Pipes that nobody has used between two calls of pipes_trim are closed. */
static void trimming(void **state)
{
    struct talk talk;

    (void)state;
    begin(&talk, sockets_unix_pair, 4);
    talk.relay.pipes.pooled = count_call;
    pooled_calls = 0;
    assert_false(pipes_trim(&talk.relay.pipes));
    make_bulk(&talk);
    assert_int_equal(talk.relay.pipes.count, 1);
    assert_int_equal(pooled_calls, 1);
    for (int i = 0; i < 5; i++) {
        assert_true(pipes_trim(&talk.relay.pipes));
        bulk_rounds(&talk, 8);
        assert_int_equal(talk.relay.pipes.count, 1);
    }
    assert_true(pipes_trim(&talk.relay.pipes));
    assert_false(pipes_trim(&talk.relay.pipes));
    assert_int_equal(talk.relay.pipes.count, 0);
    assert_int_equal(pooled_calls, 1);
    make_bulk(&talk);
    assert_int_equal(talk.relay.pipes.count, 1);
    assert_int_equal(pooled_calls, 2);
    end(&talk);
}

static void sizes(void **state)
{
    static const size_t table[] = {SIZE / 4, SIZE, SIZE / 2, SIZE / 8};
    struct talk talk;

    (void)state;
    for (unsigned pipes = 0; pipes < 2; pipes++) {
        begin(&talk, sockets_unix_pair, pipes);
        for (size_t i = 0; i < 3 * COUNT(table); i++) {
            fill(&talk);
            assert_int_equal(relay_resize(&talk.relay, table[i % COUNT(table)]), 0);
            drink(&talk);
        }
        faults_set("allocate:ENOMEM");
        assert_int_equal(relay_resize(&talk.relay, 2 * SIZE), -1);
        assert_true(talk.relay.size == table[COUNT(table) - 1]);
        assert_int_equal(relay_resize(&talk.relay, SIZE), 0);
        faults_set("");
        fill(&talk);
        drink(&talk);
        end(&talk);
    }
}

/* What the client may not see, in the middle of a bulk transfer that stalls again and again. */
static void unseen_faults(void **state)
{
    static const char *const scripts[] = {
        "splice:EINVAL@9",
        "splice:EINVAL@10",
        "splice:EINVAL@11",
        "splice:EINVAL@12,13",
        "splice:ENOSYS",
        "splice:EINTR@+2",
        "splice:EAGAIN@+3",
        "splice:short=7",
        "splice:short=1000; splice:EINVAL@+7",
        "send:EINTR@+2; recv:EINTR@+3",
        "send:short=100; recv:short=3000",
        "pipe:EMFILE",
        "allocate:ENOMEM",
    };
    struct talk talk;

    (void)state;
    for (size_t pair = 0; pair < COUNT(pairs); pair++)
        for (size_t i = 0; i < COUNT(scripts); i++) {
            begin(&talk, pairs[pair], 4);
            faults_set(scripts[i]);
            for (int round = 0; round < 50; round++) {
                push(&talk, (size_t)(round % 5 + 1) * SIZE);
                turn(&talk);
                if (round % 4)
                    assert_true(pull(&talk, 3 * SIZE) >= 0);
            }
            drink(&talk);
            assert_true(faults_injected() > 0);
            end(&talk);
        }
}

/* Without memory to keep them the bytes are lost, and so is the connection: never only some. */
static void no_memory_to_wait(void **state)
{
    struct talk talk;

    (void)state;
    for (unsigned pipes = 0; pipes < 2; pipes++) {
        begin(&talk, sockets_unix_pair, pipes);
        if (pipes) {
            make_bulk(&talk);
            fill(&talk);
            faults_set("splice:EINVAL");
        }
        no_memory = true;
        for (int i = 0; i < 1000 && talk.wants != ECHO_CLOSE; i++) {
            push(&talk, SIZE);
            turn(&talk);
        }
        no_memory = false;
        assert_int_equal(talk.wants, ECHO_CLOSE);
        assert_int_equal(talk.stream.echo.reason, ECHO_ERROR);
        assert_int_equal(talk.stream.echo.code, ENOMEM);
        while (pull(&talk, SIZE) > 0)
            continue;
        assert_true(talk.back == talk.stream.echo.returned);
        end(&talk);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages),
        cmocka_unit_test(waiting_in_memory),
        cmocka_unit_test(waiting_in_a_pipe),
        cmocka_unit_test(thick_and_thin),
        cmocka_unit_test(nearly_full),
        cmocka_unit_test(beside_messages),
        cmocka_unit_test(endings),
        cmocka_unit_test(resets),
        cmocka_unit_test(resets_while_receiving),
        cmocka_unit_test(fairness),
        cmocka_unit_test(pool),
        cmocka_unit_test(trimming),
        cmocka_unit_test(sizes),
        cmocka_unit_test(unseen_faults),
        cmocka_unit_test(no_memory_to_wait),
    };

    /* As the server does: splice(2) has no MSG_NOSIGNAL. */
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
