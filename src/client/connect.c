/* SPDX-License-Identifier: ISC */
#include "client/connect.h"

#include "base/clock.h"
#include "client/interrupt.h"
#include "client/lookup.h"
#include "transport/io.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

/* RFC 8305, section 5: the recommended delay between two attempts. */
#define NEXT_ADDRESS_NS (250 * NS_PER_MS)
#define BACKLOG_MIN_NS  (1 * NS_PER_MS)
#define BACKLOG_MAX_NS  (50 * NS_PER_MS)
#define WAIT_PAUSE_NS   (50 * NS_PER_MS)
#define FIRST_ECHO_NS   (1 * NS_PER_S)

/* One address on its way: connecting (fd >= 0), waiting for a full backlog (retry_ns), or failed.
 */
struct attempt {
    int fd;
    uint64_t started_ns;
    uint64_t retry_ns, pause_ns;
};

struct race {
    const struct request *request;
    const struct connect_targets *targets;
    struct attempt attempts[TRANSPORT_ADDRESSES_MAX];
    size_t started;
    uint64_t next_ns, deadline_ns;
    struct reason why; /* the failure that tells most so far */
};

static bool is_open(const struct attempt *attempt)
{
    return attempt->fd >= 0 || attempt->retry_ns;
}

static size_t race_open(const struct race *race)
{
    size_t open = 0;

    for (size_t i = 0; i < race->started; i++)
        open += (size_t)is_open(&race->attempts[i]);
    return open;
}

/* An address that this machine cannot reach at all says less than one that answered. */
static void race_failed(struct race *race, size_t i, const struct reason *why)
{
    char text[ADDRESS_TEXT_SIZE];

    io_close(&race->attempts[i].fd);
    race->attempts[i].retry_ns = 0;
    race->next_ns = 0; /* the next one's turn is now */
    trace_step(&race->request->trace, "connect: connect(%s) failed, %s: %s",
               address_format(&race->targets->list[i], text, sizeof text), reason_name(why->word),
               why->text);
    if (race->why.word == REASON_NONE || race->why.word == REASON_UNREACHABLE)
        race->why = *why;
}

static bool race_won(struct race *race, size_t i, struct connect_result *result)
{
    struct address local;
    char text[ADDRESS_TEXT_SIZE], from[ADDRESS_TEXT_SIZE] = "?";

    result->fd = race->attempts[i].fd;
    result->address = race->targets->list[i];
    result->connect_ns = clock_now_ns() - race->attempts[i].started_ns;
    race->attempts[i].fd = -1;
    if (race->request->trace.steps) {
        if (transport_local_address(result->fd, &local) == 0)
            address_format(&local, from, sizeof from);
        trace_step(&race->request->trace, "connect: connect(%d, %s) = 0 after %.3f ms, from %s",
                   result->fd, address_format(&result->address, text, sizeof text),
                   (double)result->connect_ns / 1e6, from);
    }
    result->address.protocol = transport_protocol(result->fd, &result->address);
    return true;
}

/* Starts an attempt, or starts it again after a full backlog. Whether it is connected. */
static bool race_start(struct race *race, size_t i, struct connect_result *result)
{
    struct attempt *attempt = &race->attempts[i];
    const struct address *address = &race->targets->list[i];
    char text[ADDRESS_TEXT_SIZE];
    struct reason why;
    bool pending;

    attempt->started_ns = clock_now_ns();
    attempt->retry_ns = 0;
    attempt->fd = transport_connect(address, NULL, &pending, &why);
    if (attempt->fd >= 0) {
        trace_step(&race->request->trace, "socket: socket(%s, %s, %s) = %d",
                   address_family_name(address_family(address)), address_type_name(address->type),
                   address_protocol_name(address->protocol), attempt->fd);
        if (pending)
            trace_step(&race->request->trace, "connect: connect(%d, %s) in progress", attempt->fd,
                       address_format(address, text, sizeof text));
        return !pending && race_won(race, i, result);
    }
    if (why.code == EAGAIN) {
        attempt->pause_ns = attempt->pause_ns ? attempt->pause_ns * 2 : BACKLOG_MIN_NS;
        if (attempt->pause_ns > BACKLOG_MAX_NS)
            attempt->pause_ns = BACKLOG_MAX_NS;
        attempt->retry_ns = attempt->started_ns + attempt->pause_ns;
        return false;
    }
    race_failed(race, i, &why);
    return false;
}

/* The next moment at which something is to be done without any descriptor being ready. */
static uint64_t race_wake_ns(const struct race *race)
{
    uint64_t wake_ns = race->deadline_ns ? race->deadline_ns : UINT64_MAX;

    if (race->started < race->targets->count && race->next_ns < wake_ns)
        wake_ns = race->next_ns;
    for (size_t i = 0; i < race->started; i++)
        if (race->attempts[i].retry_ns && race->attempts[i].retry_ns < wake_ns)
            wake_ns = race->attempts[i].retry_ns;
    return wake_ns == UINT64_MAX ? 0 : wake_ns;
}

/* Waits for the attempts under way and takes the first that has become a connection. */
static bool race_wait(struct race *race, struct connect_result *result)
{
    struct pollfd fds[TRANSPORT_ADDRESSES_MAX];
    struct reason why;
    uint64_t now_ns;

    for (size_t i = 0; i < race->started; i++)
        fds[i] = (struct pollfd){.fd = race->attempts[i].fd, .events = POLLOUT};
    interrupt_poll(fds, (unsigned)race->started, race_wake_ns(race));
    now_ns = clock_now_ns();
    for (size_t i = 0; i < race->started; i++) {
        struct attempt *attempt = &race->attempts[i];

        if (attempt->fd >= 0 && fds[i].revents) {
            if (transport_connect_result(attempt->fd, &race->targets->list[i], &why) == 0)
                return race_won(race, i, result);
            race_failed(race, i, &why);
        } else if (attempt->retry_ns && attempt->retry_ns <= now_ns) {
            if (race_start(race, i, result))
                return true;
        }
    }
    return false;
}

/* The first address that is still on its way; when none was tried, the first. */
static int race_timeout(const struct race *race, struct reason *why)
{
    char text[ADDRESS_TEXT_SIZE];
    size_t i = 0;

    while (i + 1 < race->started && !is_open(&race->attempts[i]))
        i++;
    address_format(&race->targets->list[i], text, sizeof text);
    if (race->attempts[i].retry_ns)
        return reason_set(why, REASON_TIMEOUT, EAGAIN,
                          "connect %s: the server's backlog is full: it does not accept", text);
    return reason_set(why, REASON_TIMEOUT, 0, "connect %s: no answer", text);
}

static int race_run(struct race *race, struct connect_result *result, struct reason *why)
{
    for (;;) {
        uint64_t now_ns = clock_now_ns();

        if (interrupt_asked())
            return reason_set(why, REASON_OTHER, EINTR, "interrupted while connecting");
        if (race->deadline_ns && now_ns >= race->deadline_ns)
            return race_timeout(race, why);
        if (race->started < race->targets->count &&
            (race_open(race) == 0 || now_ns >= race->next_ns)) {
            race->next_ns = now_ns + NEXT_ADDRESS_NS;
            if (race_start(race, race->started++, result))
                return 0;
        } else if (race_open(race) == 0) {
            *why = race->why;
            return -1;
        } else if (race_wait(race, result)) {
            return 0;
        }
    }
}

int connect_again(const struct request *request, const struct connect_targets *targets,
                  uint64_t deadline_ns, struct connect_result *result, struct reason *why)
{
    struct race race = {.request = request, .targets = targets, .deadline_ns = deadline_ns};
    int status;

    for (size_t i = 0; i < TRANSPORT_ADDRESSES_MAX; i++)
        race.attempts[i].fd = -1;
    result->fd = -1;
    status = race_run(&race, result, why);
    for (size_t i = 0; i < race.started; i++)
        io_close(&race.attempts[i].fd);
    return status;
}

static void trace_targets(const struct request *request, const struct connect_targets *targets)
{
    char text[ADDRESS_TEXT_SIZE];

    for (size_t i = 0; i < targets->count; i++)
        trace_step(&request->trace, "resolve: %s is %s", request->name,
                   address_format(&targets->list[i], text, sizeof text));
}

int connect_resolve(const struct request *request, struct connect_targets *targets,
                    uint64_t deadline_ns, struct reason *why)
{
    int count;

    if (endpoint_traits(&request->endpoint) & ENDPOINT_HAS_HOST)
        trace_step(&request->trace, "resolve: getaddrinfo(%s)", request->name);
    count = lookup_addresses(&request->endpoint, targets->list, TRANSPORT_ADDRESSES_MAX,
                             deadline_ns, why);
    if (count < 0)
        return -1;
    targets->count = (size_t)count;
    trace_targets(request, targets);
    return 0;
}

/* What may be different in a moment, because a server starts, or the proxy in front of it finds it.
 */
static bool may_pass(enum reason_word word)
{
    static const bool passing[REASON_WORDS] = {
        [REASON_DNS] = true,     [REASON_REFUSED] = true, [REASON_UNREACHABLE] = true,
        [REASON_PERM] = true,    [REASON_NOENT] = true,   [REASON_SELF] = true,
        [REASON_TIMEOUT] = true, [REASON_STALLED] = true, [REASON_EOF] = true,
        [REASON_RESET] = true,
    };

    return passing[word];
}

uint64_t connect_deadline_ns(const struct request *request, uint64_t timeout_ns)
{
    return clock_earlier_ns(timeout_ns ? clock_now_ns() + timeout_ns : 0, request->end_ns);
}

bool connect_waits(const struct request *request, const struct reason *why)
{
    uint64_t next_ns = clock_now_ns() + WAIT_PAUSE_NS;

    if (!may_pass(why->word) || next_ns >= request->wait_until_ns ||
        (request->end_ns && next_ns >= request->end_ns))
        return false;
    interrupt_poll(NULL, 0, next_ns);
    return !interrupt_asked();
}

/* Whether --wait has cut this attempt short: then the failure before it tells more. */
static bool is_cut_short(const struct request *request, const struct reason *why)
{
    return (why->word == REASON_TIMEOUT || why->word == REASON_STALLED) && request->wait_until_ns &&
           clock_now_ns() >= request->wait_until_ns;
}

/* The protocol is not the one that the user has asked for. */
static void tell_fallback(const struct request *request, const struct connect_targets *targets,
                          const struct connect_result *result)
{
    if (result->address.protocol != targets->list[0].protocol && !request->quiet)
        fprintf(stderr, "echo-client: %s: connected by %s: the peer does not speak %s\n",
                request->name, address_protocol_name(result->address.protocol),
                address_protocol_name(targets->list[0].protocol));
}

int connect_open(const struct request *request, struct connect_targets *targets,
                 struct connect_result *result, struct reason *why)
{
    struct reason bad = {.word = REASON_NONE}, before;

    do {
        uint64_t deadline_ns = clock_earlier_ns(
            connect_deadline_ns(request, request->connect_timeout_ns), request->wait_until_ns);

        before = bad;
        if (connect_resolve(request, targets, deadline_ns, &bad) == 0 &&
            connect_again(request, targets, deadline_ns, result, &bad) == 0) {
            tell_fallback(request, targets, result);
            return 0;
        }
    } while (connect_waits(request, &bad));
    if (before.word != REASON_NONE && is_cut_short(request, &bad))
        bad = before;
    request_hint(request, &bad);
    *why = bad;
    return -1;
}

void connect_close(const struct request *request, int *fd)
{
    if (*fd < 0)
        return;
    trace_step(&request->trace, "close: close(%d)", *fd);
    io_close(fd);
}

enum exit_status connect_work(const struct request *request,
                              int (*work)(const struct request *, const struct connect_result *,
                                          void *context, struct reason *),
                              void *context, struct reason *why)
{
    struct connect_targets targets;
    struct connect_result connected;
    struct exchange_patience first = {FIRST_ECHO_NS, request->wait_until_ns};
    struct reason before = {.word = REASON_NONE};
    int status;

    /* A peer that is no echo server is there as soon as it accepts. */
    if (!request->compare)
        first.until_ns = 0;
    do {
        if (connect_open(request, &targets, &connected, why) < 0) {
            if (before.word == REASON_NONE || !is_cut_short(request, why))
                return reason_exit_status(why->word, false);
            status = -1;
            break;
        }
        why->word = REASON_NONE;
        connected.first = first;
        status = work(request, &connected, context, why);
        connect_close(request, &connected.fd);
        /* It may be a server that needs its time. */
        if (why->word == REASON_STALLED)
            first.timeout_ns *= 2;
        if (status == CONNECT_AGAIN)
            before = *why;
    } while (status == CONNECT_AGAIN);
    if (status < 0 && before.word != REASON_NONE && is_cut_short(request, why))
        *why = before;
    return status < 0 ? reason_exit_status(why->word, true) : EXIT_EXACT;
}
