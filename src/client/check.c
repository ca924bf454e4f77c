/* SPDX-License-Identifier: ISC */
#include "client/check.h"

#include "base/clock.h"
#include "client/connect.h"
#include "client/exchange.h"
#include "client/output.h"

#include <stdio.h>

#define CHECK_SIZE 56

static const char *const state_names[] = {
    [CHECK_OK] = "OK",
    [CHECK_WARNING] = "WARNING",
    [CHECK_CRITICAL] = "CRITICAL",
    [CHECK_UNKNOWN] = "UNKNOWN",
};

/* A threshold of the performance data, in seconds; empty when there is none. */
static const char *threshold(uint64_t ns, char *text, size_t size)
{
    size_t length;

    if (ns == 0)
        return "";
    length = (size_t)snprintf(text, size, "%.9f", (double)ns / 1e9);
    while (text[length - 1] == '0')
        text[--length] = '\0';
    if (text[length - 1] == '.')
        text[--length] = '\0';
    return text;
}

static int print_json(const struct request *request, enum check_state state,
                      const struct reason *failure, uint64_t time_ns, struct reason *why)
{
    struct report report;

    output_begin(&report, "check");
    report_text(&report, "endpoint", request->name);
    report_text(&report, "state", state_names[state]);
    if (failure)
        report_null(&report, "time_ns");
    else
        report_number(&report, "time_ns", time_ns);
    if (failure)
        report_reason(&report, "error", failure);
    return output_print(&report, why);
}

enum check_state check_failed(const struct request *request, const struct reason *why)
{
    enum check_state state =
        reason_exit_status(why->word, true) == EXIT_LOCAL ? CHECK_UNKNOWN : CHECK_CRITICAL;
    struct reason bad;
    int status;

    if (request->json) {
        status = print_json(request, state, why, 0, &bad);
    } else {
        output_text("ECHO %s - %s: %s\n", state_names[state], reason_name(why->word), why->text);
        status = output_line(&bad);
    }
    if (status == 0)
        return state;
    fprintf(stderr, "echo-client: %s: %s\n", reason_name(bad.word), bad.text);
    return CHECK_UNKNOWN;
}

static enum check_state print_time(const struct request *request, uint64_t time_ns,
                                   struct reason *why)
{
    enum check_state state = CHECK_OK;
    char warn[32], crit[32];

    if (request->crit_ns && time_ns > request->crit_ns)
        state = CHECK_CRITICAL;
    else if (request->warn_ns && time_ns > request->warn_ns)
        state = CHECK_WARNING;
    if (request->json)
        return print_json(request, state, NULL, time_ns, why) < 0 ? CHECK_UNKNOWN : state;
    output_text("ECHO %s - %.2f ms round trip|time=%.6fs;%s;%s;0;\n", state_names[state],
                (double)time_ns / 1e6, (double)time_ns / 1e9,
                threshold(request->warn_ns, warn, sizeof warn),
                threshold(request->crit_ns, crit, sizeof crit));
    return output_line(why) < 0 ? CHECK_UNKNOWN : state;
}

/* One message and its echo; the time in *context. */
static int round_trip(const struct request *request, const struct connect_result *connected,
                      void *context, struct reason *why)
{
    uint64_t *time_ns = context;
    struct exchange exchange;
    struct compare compare;
    struct pattern pattern;
    unsigned char bytes[CHECK_SIZE];
    uint64_t start_ns;

    pattern_init(&pattern, request->seed, 0);
    pattern_fill(&pattern, 0, bytes, sizeof bytes);
    compare_init_pattern(&compare, &pattern);
    exchange_init(&exchange, connected->fd, request->compare ? &compare : NULL, &request->trace,
                  request->timeout_ns);
    exchange.first = connected->first;
    exchange.busy = request->busy_poll;
    exchange.pending = bytes;
    exchange.pending_length = sizeof bytes;
    exchange.planned = sizeof bytes;
    exchange.exhausted = true;
    start_ns = clock_now_ns();
    if (exchange_run(&exchange, EXCHANGE_ECHOED, why) < 0)
        return exchange.received == 0 && connect_waits(request, why) ? CONNECT_AGAIN : -1;
    *time_ns = exchange.received_ns - start_ns;
    return exchange_finish(&exchange, why);
}

enum check_state check_run(const struct request *request, struct reason *why)
{
    uint64_t time_ns = 0;

    if (connect_work(request, round_trip, &time_ns, why) != EXIT_EXACT)
        return CHECK_UNKNOWN;
    return print_time(request, time_ns, why);
}
