/* SPDX-License-Identifier: ISC */
#include "lib/endpoints.h"
#include "lib/faults.h"
#include "lib/testing.h"
#include "transport/io.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

static void open_pair(int pair[2])
{
    faults_set("");
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
}

static void close_pair(int pair[2])
{
    io_close(&pair[0]);
    io_close(&pair[1]);
}

static void moves_bytes(void **state)
{
    char bytes[8];
    int pair[2];

    (void)state;
    open_pair(pair);
    assert_int_equal(io_receive(pair[1], bytes, sizeof bytes), -EAGAIN);
    assert_int_equal(io_send(pair[0], "abc", 3), 3);
    assert_true(io_unsent(pair[0]) > 0);
    assert_int_equal(io_receive(pair[1], bytes, sizeof bytes), 3);
    assert_memory_equal(bytes, "abc", 3);
    assert_int_equal(io_unsent(pair[0]), 0);
    assert_int_equal(io_half_close(pair[0]), 0);
    assert_int_equal(io_receive(pair[1], bytes, sizeof bytes), 0);
    /* No SIGPIPE, which would end this program. */
    assert_int_equal(io_send(pair[0], "d", 1), -EPIPE);
    assert_int_equal(io_send(pair[1], "d", 1), 1);
    assert_int_equal(io_receive(pair[0], bytes, sizeof bytes), 1);
    io_close(&pair[0]);
    assert_int_equal(io_send(pair[1], "e", 1), -EPIPE);
    close_pair(pair);
}

static void splices(void **state)
{
    int pair[2], pipe_fds[2];
    char bytes[8];

    (void)state;
    open_pair(pair);
    assert_int_equal(pipe2(pipe_fds, O_NONBLOCK | O_CLOEXEC), 0);
    faults_set("splice:short=2");
    assert_int_equal(io_send(pair[0], "abcd", 4), 4);
    assert_int_equal(io_splice(pair[1], pipe_fds[1], sizeof bytes), 2);
    assert_int_equal(io_splice(pair[1], pipe_fds[1], sizeof bytes), 2);
    assert_int_equal(io_splice(pair[1], pipe_fds[1], sizeof bytes), -EAGAIN);
    assert_int_equal(io_splice(pipe_fds[0], pair[1], 4), 2);
    assert_int_equal(io_splice(pipe_fds[0], pair[1], 4), 2);
    assert_int_equal(io_receive(pair[0], bytes, sizeof bytes), 4);
    assert_memory_equal(bytes, "abcd", 4);
    close_pair(pipe_fds);
    close_pair(pair);
}

static void interrupted_calls_are_not_ready(void **state)
{
    char bytes[8];
    int pair[2], pipe_fds[2];

    (void)state;
    open_pair(pair);
    assert_int_equal(pipe2(pipe_fds, O_NONBLOCK | O_CLOEXEC), 0);
    faults_set("send:EINTR@1; recv:EINTR@1; splice:EINTR@1");
    assert_int_equal(io_send(pair[0], "abc", 3), -EAGAIN);
    assert_int_equal(io_send(pair[0], "abc", 3), 3);
    assert_int_equal(io_receive(pair[1], bytes, 2), -EAGAIN);
    assert_int_equal(io_receive(pair[1], bytes, 2), 2);
    assert_int_equal(io_splice(pair[1], pipe_fds[1], 1), -EAGAIN);
    assert_int_equal(io_splice(pair[1], pipe_fds[1], 1), 1);
    assert_int_equal(faults_injected(), 3);
    close_pair(pipe_fds);
    close_pair(pair);
}

static void passes_short_counts_and_errors_on(void **state)
{
    static const struct {
        const char *script;
        ssize_t sent, received;
        int half_close;
    } table[] = {
        {"send:short=1", 1, 1, 0},
        {"recv:short=2", 5, 2, 0},
        {"send:EPIPE", -EPIPE, -EAGAIN, 0},
        {"send:ENOBUFS@1", -ENOBUFS, -EAGAIN, 0},
        {"recv:ECONNRESET", 5, -ECONNRESET, 0},
        {"shutdown:ENOTCONN", 5, 5, -ENOTCONN},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        char bytes[8];
        int pair[2];

        open_pair(pair);
        faults_set(table[i].script);
        assert_int_equal(io_send(pair[0], "abcde", 5), table[i].sent);
        assert_int_equal(io_receive(pair[1], bytes, sizeof bytes), table[i].received);
        assert_int_equal(io_half_close(pair[0]), table[i].half_close);
        close_pair(pair);
    }
}

static void closes_once(void **state)
{
    size_t fds = endpoints_count_fds();
    int fd = dup(0);

    (void)state;
    io_close(&fd);
    assert_int_equal(fd, -1);
    io_close(&fd);
    assert_int_equal(endpoints_count_fds(), fds);
    fd = dup(0);
    assert_int_equal(io_unsent(fd) < 0, 1);
    io_close(&fd);
}

static void chooses_calls(void **state)
{
    static const struct {
        const char *script, *failing; /* of ten calls */
    } table[] = {
        {"recv:EIO", "1111111111"},
        {"recv:EIO@3", "0010000000"},
        {"recv:EIO@2,5", "0100100000"},
        {"recv:EIO@3,+2", "0010101010"},
        {"recv:EIO@+4", "0001000100"},
        {"send:EIO", "0000000000"},
        {"send:EIO;recv:EIO@1; recv:EIO@10", "1000000001"},
    };
    char bytes[1];
    int pair[2];

    (void)state;
    open_pair(pair);
    for (size_t i = 0; i < COUNT(table); i++) {
        faults_set(table[i].script);
        for (size_t call = 0; call < 10; call++)
            assert_int_equal(io_receive(pair[0], bytes, 1),
                             table[i].failing[call] == '1' ? -EIO : -EAGAIN);
    }
    faults_set("recv:EIO p=0.3");
    for (size_t call = 0; call < 1000; call++)
        assert_true(io_receive(pair[0], bytes, 1) < 0);
    assert_in_range(faults_injected(), 250, 350);
    close_pair(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moves_bytes),
        cmocka_unit_test(splices),
        cmocka_unit_test(interrupted_calls_are_not_ready),
        cmocka_unit_test(passes_short_counts_and_errors_on),
        cmocka_unit_test(closes_once),
        cmocka_unit_test(chooses_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
