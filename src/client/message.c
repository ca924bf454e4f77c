/* SPDX-License-Identifier: ISC */
#include "client/message.h"

#include "base/clock.h"
#include "client/connect.h"
#include "client/exchange.h"
#include "client/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_SIZE (1 << 20)

struct conversation {
    const struct request *request;
    struct terminal terminal;
    struct progress progress;
    struct exchange exchange;
    uint64_t delivered;
    size_t echoed; /* messages */
};

static int deliver(struct exchange *exchange, const void *bytes, size_t length, struct reason *why)
{
    struct conversation *talk = exchange->context;
    uint64_t offset = talk->delivered;

    talk->delivered += length;
    /* From here on the line belongs to the echo. */
    progress_clear(&talk->progress);
    exchange->progress = NULL;
    if (!talk->request->json)
        return output_bytes(&talk->terminal, bytes, length, why);
    /* What was compared is printed once, as the echo of its message. */
    return exchange->compare ? 0 : output_received(offset, bytes, length, why);
}

static int print_echo(const struct conversation *talk, size_t index, uint64_t time_ns,
                      struct reason *why)
{
    const char *message = talk->request->operands[index];
    struct report report;

    output_begin(&report, "echo");
    report_number(&report, "message", index + 1);
    report_number(&report, "length", strlen(message));
    report_bytes(&report, "bytes", message, strlen(message));
    report_number(&report, "time_ns", time_ns);
    return output_print(&report, why);
}

/* Sends one message and waits for its echo. Without comparison nobody knows where an echo ends: it
 * is sent, and what comes is read to the end later. */
static int converse(struct conversation *talk, size_t index, struct reason *why)
{
    const struct request *request = talk->request;
    const char *message = request->operands[index];
    uint64_t start_ns = clock_now_ns(), delivered = talk->delivered;
    int status;

    talk->exchange.pending = (const unsigned char *)message;
    talk->exchange.pending_length = strlen(message);
    talk->exchange.planned = talk->exchange.sent + strlen(message);
    talk->exchange.exhausted = true;
    talk->exchange.progress = &talk->progress;
    progress_init(&talk->progress, stderr, start_ns);
    status = exchange_run(&talk->exchange, EXCHANGE_ECHOED, why);
    progress_clear(&talk->progress);
    if (!request->compare)
        return status;
    if (request->json)
        return status < 0 ? -1 : print_echo(talk, index, clock_now_ns() - start_ns, why);
    if (request->newline && (status == 0 || talk->delivered > delivered) &&
        output_bytes(&talk->terminal, "\n", 1, status < 0 ? NULL : why) < 0)
        return -1;
    return status;
}

static int converse_all(struct conversation *talk, struct reason *why)
{
    for (size_t i = 0; i < talk->request->operand_count; i++) {
        if (converse(talk, i, why) < 0)
            return -1;
        talk->echoed++;
        /* An empty one has an echo too, and it is printed: there will be no other try. */
        talk->exchange.first.until_ns = 0;
    }
    if (!talk->request->compare)
        return exchange_run(&talk->exchange, EXCHANGE_ENDED, why);
    return exchange_finish(&talk->exchange, why);
}

static int talk_over(const struct request *request, const struct connect_result *connected,
                     void *context, struct reason *why)
{
    struct conversation talk = {.request = request};
    struct compare compare;
    unsigned char *window = malloc(WINDOW_SIZE);
    uint64_t start_ns = clock_now_ns();
    int status;

    (void)context;
    if (!window)
        return reason_errno(why, ENOMEM, "window of %d bytes", WINDOW_SIZE);
    compare_init_window(&compare, window, WINDOW_SIZE);
    exchange_init(&talk.exchange, connected->fd, request->compare ? &compare : NULL,
                  &request->trace, request->timeout_ns);
    talk.exchange.first = connected->first;
    talk.exchange.deliver = deliver;
    talk.exchange.context = &talk;
    output_begin_bytes(&talk.terminal);
    status = converse_all(&talk, why);
    if (status < 0 && !talk.echoed && !talk.exchange.received && connect_waits(request, why)) {
        free(window);
        return CONNECT_AGAIN;
    }
    if (!request->json && output_flush(&talk.terminal, status < 0 ? NULL : why) < 0)
        status = -1;
    if (request->json && output_result(request, connected, &talk.exchange,
                                       clock_now_ns() - start_ns, status < 0 ? NULL : why) < 0)
        status = -1;
    free(window);
    return status;
}

enum exit_status message_run(const struct request *request, struct reason *why)
{
    return connect_work(request, talk_over, NULL, why);
}
