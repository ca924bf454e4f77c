/* SPDX-License-Identifier: ISC */
#include "client/copy.h"

#include "base/clock.h"
#include "client/connect.h"
#include "client/exchange.h"
#include "client/interrupt.h"
#include "client/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes that may be on their way at once; the comparison keeps them. */
#define WINDOW_SIZE (1 << 20)

struct copy {
    const struct request *request;
    struct terminal terminal;
    struct progress progress;
    struct compare compare;
    struct exchange exchange;
    uint64_t delivered;
    bool begun, input_ended;
    /* With --wait, until the first echo: what was read, for the next connection. */
    size_t kept_length;
    unsigned char kept[WINDOW_SIZE + EXCHANGE_CHUNK];
    unsigned char input[EXCHANGE_CHUNK];
    unsigned char window[WINDOW_SIZE];
};

/* Only what fits can be sent again: without comparison no window bounds what is on its way. */
static void keep(struct copy *copy, size_t length)
{
    if (!copy->request->wait_until_ns || copy->exchange.received ||
        copy->kept_length > sizeof copy->kept)
        return;
    if (length <= sizeof copy->kept - copy->kept_length)
        memcpy(copy->kept + copy->kept_length, copy->input, length);
    copy->kept_length += length;
}

static int read_input(struct exchange *exchange, struct reason *why)
{
    struct copy *copy = exchange->context;
    ssize_t count = read(STDIN_FILENO, copy->input, sizeof copy->input);
    int code = count < 0 ? errno : 0;

    /* EIO: a terminal whose session is gone has ended. */
    if (count == 0 || (code == EIO && isatty(STDIN_FILENO))) {
        trace_step(exchange->trace, "the input has ended");
        exchange->exhausted = copy->input_ended = true;
        return 0;
    }
    /* Somebody else may have made our standard input non-blocking. */
    if (code == EAGAIN || code == EINTR)
        return 0;
    if (count < 0)
        return reason_set(why, REASON_OTHER, code, "read standard input: %s", strerror(code));
    exchange->pending = copy->input;
    exchange->pending_length = (size_t)count;
    keep(copy, (size_t)count);
    return 0;
}

static int deliver(struct exchange *exchange, const void *bytes, size_t length, struct reason *why)
{
    struct copy *copy = exchange->context;
    uint64_t offset = copy->delivered;

    copy->delivered += length;
    if (copy->request->json)
        return output_received(offset, bytes, length, why);
    return output_bytes(&copy->terminal, bytes, length, why);
}

/* Once, on the first connection. */
static int begin(struct copy *copy, const struct request *request, struct reason *why)
{
    bool talks = isatty(STDIN_FILENO);

    copy->request = request;
    copy->begun = true;
    output_begin_bytes(&copy->terminal);
    /* ^C ends a conversation as ^D does. */
    if (talks && interrupt_catch(why) < 0)
        return -1;
    if (talks && !request->json)
        fprintf(stderr, "connected to %s; each line comes back, ^D ends\n", request->name);
    if (!talks && !copy->terminal.escapes)
        progress_init(&copy->progress, stderr, clock_now_ns());
    return 0;
}

static void prepare(struct copy *copy, const struct request *request,
                    const struct connect_result *connected)
{
    compare_init_window(&copy->compare, copy->window, sizeof copy->window);
    exchange_init(&copy->exchange, connected->fd, request->compare ? &copy->compare : NULL,
                  &request->trace, request->timeout_ns);
    copy->exchange.first = connected->first;
    copy->exchange.input_fd = STDIN_FILENO;
    copy->exchange.refill = read_input;
    copy->exchange.deliver = deliver;
    copy->exchange.context = copy;
    copy->exchange.progress = &copy->progress;
    copy->exchange.pending = copy->kept;
    copy->exchange.pending_length = copy->kept_length;
    copy->exchange.exhausted = copy->input_ended;
}

static int copy_over(const struct request *request, const struct connect_result *connected,
                     void *context, struct reason *why)
{
    struct copy *copy = context;
    uint64_t start_ns = clock_now_ns();
    int status;

    if (!copy->begun && begin(copy, request, why) < 0)
        return -1;
    prepare(copy, request, connected);
    status = exchange_run(&copy->exchange, EXCHANGE_ENDED, why);
    progress_clear(&copy->progress);
    if (status < 0 && copy->exchange.received == 0 && copy->kept_length <= sizeof copy->kept &&
        connect_waits(request, why))
        return CONNECT_AGAIN;
    if (!request->json && output_flush(&copy->terminal, status < 0 ? NULL : why) < 0)
        status = -1;
    if (request->json && output_result(request, connected, &copy->exchange,
                                       clock_now_ns() - start_ns, status < 0 ? NULL : why) < 0)
        status = -1;
    return status;
}

enum exit_status copy_run(const struct request *request, struct reason *why)
{
    struct copy *copy = calloc(1, sizeof *copy);
    enum exit_status status;

    if (!copy) {
        reason_errno(why, ENOMEM, "buffers of %zu bytes", sizeof *copy);
        return EXIT_LOCAL;
    }
    status = connect_work(request, copy_over, copy, why);
    free(copy);
    return status;
}
