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
    unsigned char input[EXCHANGE_CHUNK];
    unsigned char window[WINDOW_SIZE];
};

static int read_input(struct exchange *exchange, struct reason *why)
{
    struct copy *copy = exchange->context;
    ssize_t count = read(STDIN_FILENO, copy->input, sizeof copy->input);
    int code = count < 0 ? errno : 0;

    /* EIO: a terminal whose session is gone has ended. */
    if (count == 0 || (code == EIO && isatty(STDIN_FILENO))) {
        trace_step(exchange->trace, "the input has ended");
        exchange->exhausted = true;
        return 0;
    }
    /* Somebody else may have made our standard input non-blocking. */
    if (code == EAGAIN || code == EINTR)
        return 0;
    if (count < 0)
        return reason_set(why, REASON_OTHER, code, "read standard input: %s", strerror(code));
    exchange->pending = copy->input;
    exchange->pending_length = (size_t)count;
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

static void prepare(struct copy *copy, const struct request *request,
                    const struct connect_result *connected)
{
    copy->request = request;
    compare_init_window(&copy->compare, copy->window, sizeof copy->window);
    output_begin_bytes(&copy->terminal);
    exchange_init(&copy->exchange, connected->fd, request->compare ? &copy->compare : NULL,
                  &request->trace, request->timeout_ns);
    copy->exchange.input_fd = STDIN_FILENO;
    copy->exchange.refill = read_input;
    copy->exchange.deliver = deliver;
    copy->exchange.context = copy;
    if (isatty(STDIN_FILENO)) {
        if (!request->json)
            fprintf(stderr, "connected to %s; each line comes back, ^D ends\n", request->name);
    } else if (!copy->terminal.escapes) {
        progress_init(&copy->progress, stderr, clock_now_ns());
        copy->exchange.progress = &copy->progress;
    }
}

static int copy_over(const struct request *request, const struct connect_result *connected,
                     struct reason *why)
{
    struct copy *copy = calloc(1, sizeof *copy);
    uint64_t start_ns = clock_now_ns();
    int status;

    if (!copy)
        return reason_errno(why, ENOMEM, "buffers of %zu bytes", sizeof *copy);
    /* ^C ends a conversation as ^D does. */
    if (isatty(STDIN_FILENO) && interrupt_catch(why) < 0) {
        free(copy);
        return -1;
    }
    prepare(copy, request, connected);
    status = exchange_run(&copy->exchange, EXCHANGE_ENDED, why);
    progress_clear(&copy->progress);
    if (!request->json && output_flush(&copy->terminal, status < 0 ? NULL : why) < 0)
        status = -1;
    if (request->json && output_result(request, connected, &copy->exchange,
                                       clock_now_ns() - start_ns, status < 0 ? NULL : why) < 0)
        status = -1;
    free(copy);
    return status;
}

enum exit_status copy_run(const struct request *request, struct reason *why)
{
    return connect_work(request, copy_over, why);
}
