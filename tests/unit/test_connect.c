/* SPDX-License-Identifier: ISC */
/* Several addresses of one name: which one wins, when the next is tried, and what is said when none
 * answers. */
#include "base/clock.h"
#include "client/connect.h"
#include "lib/sockets.h"
#include "lib/testing.h"
#include "transport/io.h"

#include <fcntl.h>
#include <poll.h>

#define FILLERS 4
#define PLACES  5

/* What an address may be like. */
enum kind { GOOD, REFUSED, SILENT, UNREACHABLE };

struct place {
    struct address address;
    struct transport_listener listener;
    int fillers[FILLERS]; /* connections that keep the queue of a silent one full */
};

static void place_open(struct place *place, enum kind kind)
{
    static const struct listen_options roomy = {.backlog = 16, .mode = 0600};
    static const struct listen_options narrow = {.backlog = 0, .mode = 0600};
    struct endpoint endpoint;
    struct address any;
    struct reason why;
    bool pending;

    place->listener.fd = -1;
    for (size_t i = 0; i < FILLERS; i++)
        place->fillers[i] = -1;
    assert_int_equal(endpoint_parse(&endpoint, "127.0.0.1:0", &why), 0);
    assert_int_equal(transport_resolve(&endpoint, TRANSPORT_SERVER, &any, 1, &why), 1);
    if (kind == UNREACHABLE) {
        place->address = any;
        place->address.storage.ss_family = AF_UNSPEC;
        return;
    }
    assert_int_equal(
        transport_listen(&place->listener, &any, kind == SILENT ? &narrow : &roomy, &why), 0);
    assert_int_equal(transport_local_address(place->listener.fd, &place->address), 0);
    if (kind == REFUSED)
        assert_int_equal(shutdown(place->listener.fd, SHUT_RD), 0); /* keeps the port */
    for (size_t i = 0; kind == SILENT && i < FILLERS; i++)
        place->fillers[i] = transport_connect(&place->address, NULL, &pending, &why);
    if (kind == SILENT) /* one fills it, once its handshake is over */
        sockets_wait(place->listener.fd, POLLIN);
}

static void place_close(struct place *place)
{
    for (size_t i = 0; i < FILLERS; i++)
        io_close(&place->fillers[i]);
    transport_unlisten(&place->listener);
}

static unsigned count_open(void)
{
    unsigned count = 0;

    for (int fd = 0; fd < 100; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void races(void **state)
{
    static const struct {
        enum kind kinds[PLACES];
        size_t count;
        int winner; /* -1: none */
        enum reason_word word;
        uint64_t timeout_ms, min_ms, max_ms;
    } rows[] = {
        {{GOOD}, 1, 0, REASON_NONE, 30000, 0, 30000},
        {{GOOD, GOOD}, 2, 0, REASON_NONE, 30000, 0, 30000},
        /* A failure does not wait for the next one's turn: that would take 750 ms. */
        {{UNREACHABLE, REFUSED, REFUSED, GOOD}, 4, 3, REASON_NONE, 30000, 0, 700},
        {{SILENT, GOOD}, 2, 1, REASON_NONE, 30000, 250, 2000},
        {{SILENT, REFUSED, REFUSED, REFUSED, GOOD}, 5, 4, REASON_NONE, 30000, 250, 900},
        {{SILENT, SILENT, GOOD}, 3, 2, REASON_NONE, 30000, 500, 2000},
        {{REFUSED, REFUSED}, 2, -1, REASON_REFUSED, 30000, 0, 30000},
        {{UNREACHABLE, REFUSED}, 2, -1, REASON_REFUSED, 30000, 0, 30000},
        {{REFUSED, UNREACHABLE}, 2, -1, REASON_REFUSED, 30000, 0, 30000},
        {{UNREACHABLE}, 1, -1, REASON_UNREACHABLE, 30000, 0, 30000},
        {{SILENT, REFUSED}, 2, -1, REASON_TIMEOUT, 300, 300, 30000},
    };

    unsigned open_before = count_open();

    (void)state;
    for (size_t row = 0; row < COUNT(rows); row++) {
        struct request request;
        struct connect_targets targets = {.count = rows[row].count};
        struct connect_result result;
        struct place places[PLACES];
        struct reason why = {.word = REASON_NONE};
        uint64_t start_ns, took_ms;
        int status;

        request_init(&request);
        for (size_t i = 0; i < targets.count; i++) {
            place_open(&places[i], rows[row].kinds[i]);
            targets.list[i] = places[i].address;
        }
        start_ns = clock_now_ns();
        status = connect_again(&request, &targets, start_ns + rows[row].timeout_ms * NS_PER_MS,
                               &result, &why);
        took_ms = (clock_now_ns() - start_ns) / NS_PER_MS;
        assert_int_equal(status, rows[row].winner < 0 ? -1 : 0);
        if (status < 0)
            assert_int_equal(why.word, rows[row].word);
        else
            assert_int_equal(address_compare(&result.address, &targets.list[rows[row].winner]), 0);
        if (took_ms < rows[row].min_ms || took_ms > rows[row].max_ms)
            fail_msg("row %zu took %u ms", row, (unsigned)took_ms);
        io_close(&result.fd);
        for (size_t i = 0; i < targets.count; i++)
            place_close(&places[i]);
    }
    /* Whatever the outcome, nothing stays open. */
    assert_int_equal(count_open(), open_before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(races)};

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
