/* SPDX-License-Identifier: ISC */
#include "client/verify.h"

#include "base/clock.h"
#include "client/connect.h"
#include "client/exchange.h"
#include "client/generator.h"
#include "client/output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int print_success(const struct request *request, uint64_t duration_ns, struct reason *why)
{
    output_text("OK %" PRIu64 " bytes in %.3f s, %.1f MB/s each way (seed %" PRIu64 ")\n",
                request->size, (double)duration_ns / 1e9,
                (double)request->size * 1e3 / (double)(duration_ns ? duration_ns : 1),
                request->seed);
    return output_line(why);
}

/* What is needed to send the same bytes again. */
static void add_seed(const struct request *request, struct reason *why)
{
    size_t used = strlen(why->text);

    snprintf(why->text + used, sizeof why->text - used, " (seed %" PRIu64 ")", request->seed);
}

static int verify_over(const struct request *request, const struct connect_result *connected,
                       void *context, struct reason *why)
{
    struct generator *generator = malloc(sizeof *generator);
    struct exchange exchange;
    struct progress progress;
    uint64_t start_ns = clock_now_ns(), duration_ns;
    int status;

    (void)context;
    if (!generator)
        return reason_errno(why, ENOMEM, "buffer of %zu bytes", sizeof *generator);
    generator_init(generator, &exchange, connected->fd, request->seed, 0, &request->trace,
                   request->timeout_ns);
    generator_offer(&exchange, request->size);
    exchange.first = connected->first;
    exchange.progress = &progress;
    progress_init(&progress, stderr, start_ns);
    status = exchange_run(&exchange, EXCHANGE_ENDED, why);
    duration_ns = clock_now_ns() - start_ns;
    progress_clear(&progress);
    free(generator);
    if (status < 0 && exchange.received == 0 && connect_waits(request, why))
        return CONNECT_AGAIN;
    if (status < 0 && exchange.verdict.word == REASON_NONE)
        return -1; /* the failure is ours and says nothing about the peer */
    if (status < 0)
        add_seed(request, why);
    if (request->json &&
        output_result(request, connected, &exchange, duration_ns, status < 0 ? NULL : why) < 0)
        status = -1;
    if (!request->json && status == 0)
        status = print_success(request, duration_ns, why);
    return status;
}

enum exit_status verify_run(const struct request *request, struct reason *why)
{
    return connect_work(request, verify_over, NULL, why);
}
