/* SPDX-License-Identifier: ISC */
/* Every system call of listen, connect and accept fails in turn. endpoints_each checks after each
 * row that no descriptor and no path is left and that the umask is as before. */
#include "base/errno_name.h"
#include "lib/endpoints.h"
#include "lib/faults.h"
#include "lib/sockets.h"
#include "lib/testing.h"
#include "transport/io.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Listen, connect from a chosen address, accept, all released again. Returns 0, or the errno of the
 * step that failed. */
static int scenario(const struct endpoint *endpoint, struct reason *why)
{
    struct locks locks = {0};
    const struct listen_options options = {.backlog = 4,
                                           .mode = 0600,
                                           .owner = (uid_t)-1,
                                           .group = (gid_t)-1,
                                           .shared = 1,
                                           .nodelay = 1,
                                           .keepalive = 1,
                                           .locks = &locks};
    struct transport_listener listener = {.fd = -1};
    struct address address, source, peer;
    int client = -1, served = -1, code = 0;
    bool pending;

    assert_int_equal(transport_resolve(endpoint, TRANSPORT_SERVER, &address, 1, why), 1);
    source = address;
    assert_int_equal(locks_try(&locks, endpoint), 0);
    if (transport_listen(&listener, &address, &options, why) < 0) {
        assert_int_equal(listener.fd, -1);
        code = why->code;
        goto out;
    }
    assert_int_equal(transport_local_address(listener.fd, &address), 0);
    client = transport_connect(
        &address, endpoint_traits(endpoint) & ENDPOINT_HAS_HOST ? &source : NULL, &pending, why);
    if (client < 0) {
        code = why->code;
        goto out;
    }
    if (pending) {
        sockets_wait(client, POLLOUT);
        assert_int_equal(transport_connect_result(client, &address, why), 0);
    }
    sockets_wait(listener.fd, POLLIN);
    served = transport_accept(listener.fd, &address, &peer);
    if (served < 0) {
        reason_errno(why, -served, "accept");
        code = why->code;
    }
out:
    io_close(&served);
    io_close(&client);
    transport_unlisten(&listener);
    locks_release(&locks);
    return code;
}

/* Options that only make things faster: one that is refused is left out. These are the listener's
 * TCP_NODELAY, and TCP_NODELAY and IP_BIND_ADDRESS_NO_PORT of the client. */
static unsigned optional_count(const struct endpoint *endpoint, const char *call)
{
    return endpoint_traits(endpoint) & ENDPOINT_IS_TCP && strcmp(call, "setsockopt") == 0 ? 3 : 0;
}

static void fail_each_call(const struct endpoints_row *row, const struct endpoint *endpoint)
{
    static const char *const calls[] = {"socket", "setsockopt", "bind",
                                        "listen", "connect",    "accept"};
    static const char *const errors[] = {"EMFILE", "ENFILE", "ENOBUFS",       "ENOMEM",
                                         "EACCES", "EPERM",  "EADDRNOTAVAIL", "EAFNOSUPPORT",
                                         "EINVAL", "EAGAIN", "ECONNREFUSED",  "EIO"};
    struct reason why;

    for (size_t call = 0; call < COUNT(calls); call++)
        for (size_t error = 0; error < COUNT(errors); error++) {
            unsigned optional = optional_count(endpoint, calls[call]);

            for (unsigned nth = 1;; nth++) {
                size_t fds = endpoints_count_fds();
                mode_t mask = umask(0);
                char script[64];
                int code;

                umask(mask);
                snprintf(script, sizeof script, "%s:%s@%u", calls[call], errors[error], nth);
                faults_set(script);
                why = (struct reason){0};
                code = scenario(endpoint, &why);
                if (!faults_injected()) {
                    assert_int_equal(code, 0);
                    assert_true(nth > 1);
                    break;
                }
                if (!code && optional) {
                    optional--;
                    continue;
                }
                if (!code || strcmp(errno_name(code), errors[error]) != 0)
                    fail_msg("%s: %s gave %d (%s)", row->name, script, code, why.text);
                if (!why.text[0])
                    fail_msg("%s: %s gave no sentence", row->name, script);
                if (umask(mask) != mask || endpoints_count_fds() != fds)
                    fail_msg("%s: %s left a descriptor or a umask", row->name, script);
                if (endpoint_path(endpoint) && access(endpoint->name, F_OK) == 0)
                    fail_msg("%s: %s left the path", row->name, script);
            }
            if (optional)
                fail_msg("%s: %u options that may be refused ended the call", row->name, optional);
        }
    faults_set("");
}

static void failures_leave_nothing(void **state)
{
    (void)state;
    endpoints_each(fail_each_call);
}

static void interrupt(const struct endpoints_row *row, const struct endpoint *endpoint)
{
    struct reason why;

    (void)row;
    faults_set("connect:EINTR@1,2; accept:EINTR@1,2");
    assert_int_equal(scenario(endpoint, &why), 0);
    assert_int_equal(faults_injected(), 4);
    faults_set("");
}

static void interrupted_calls_are_repeated(void **state)
{
    (void)state;
    endpoints_each(interrupt);
}

/* Whether somebody listens cannot be found out: then the socket in the place stays. */
static void fail_probe(const struct endpoints_row *row, const struct endpoint *endpoint)
{
    static const char *const scripts[] = {"socket:EMFILE@2", "connect:ENOMEM@1", "connect:EACCES@1",
                                          "connect:EAGAIN@1"};
    struct address address;
    struct reason why;
    int dead;

    if (!endpoint_path(endpoint))
        return;
    (void)row;
    assert_int_equal(transport_resolve(endpoint, TRANSPORT_SERVER, &address, 1, &why), 1);
    dead = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(dead, (struct sockaddr *)&address.storage, address.length), 0);
    close(dead);
    for (size_t i = 0; i < COUNT(scripts); i++) {
        struct stat before, after;

        assert_int_equal(stat(endpoint->name, &before), 0);
        faults_set(scripts[i]);
        assert_true(scenario(endpoint, &why) != 0);
        assert_int_equal(faults_injected(), 1);
        assert_int_equal(stat(endpoint->name, &after), 0);
        assert_true(before.st_ino == after.st_ino);
    }
    /* The dead socket is gone, then the second bind fails. */
    faults_set("bind:ENOSPC@2");
    assert_int_equal(scenario(endpoint, &why), ENOSPC);
    assert_int_equal(access(endpoint->name, F_OK), -1);
    faults_set("");
}

static void failed_probes_touch_nothing(void **state)
{
    (void)state;
    endpoints_each(fail_probe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_leave_nothing),
        cmocka_unit_test(interrupted_calls_are_repeated),
        cmocka_unit_test(failed_probes_touch_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
