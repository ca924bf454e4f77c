/* SPDX-License-Identifier: ISC */
#include "client/verify.h"

#include "base/clock.h"
#include "client/connect.h"
#include "client/exchange.h"
#include "client/generator.h"
#include "client/output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static int print_verdict(const struct request *request, const struct verdict *verdict,
                         uint64_t duration_ns, struct reason *why)
{
    char text[VERDICT_TEXT_SIZE], detail[VERDICT_DETAIL_SIZE];

    verdict_format(verdict, text, sizeof text);
    verdict_detail(verdict, detail, sizeof detail);
    if (verdict->word == REASON_NONE)
        output_text("%s %" PRIu64 " bytes in %.3f s, %.1f MB/s each way (seed %" PRIu64 ")\n", text,
                    request->size, (double)duration_ns / 1e9,
                    (double)request->size * 1e3 / (double)(duration_ns ? duration_ns : 1),
                    request->seed);
    else
        output_text("%s%s%s (seed %" PRIu64 ")\n", text, *detail ? "; " : "", detail,
                    request->seed);
    return output_line(why);
}

static int verify_over(const struct request *request, const struct connect_result *connected,
                       void *context, struct reason *why)
{
    struct generator *generator = malloc(sizeof *generator);
    struct exchange exchange;
    struct progress progress;
    uint64_t start_ns = clock_now_ns(), duration_ns;
    struct reason *unless_failed;
    int status;

    (void)context;
    if (!generator)
        return reason_errno(why, ENOMEM, "buffer of %zu bytes", sizeof *generator);
    generator_init(generator, &exchange, connected->fd, request->seed, 0, &request->trace,
                   request->timeout_ns);
    generator_offer(&exchange, request->size);
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
    unless_failed = status < 0 ? NULL : why;
    if ((request->json ? output_result(request, connected, &exchange, duration_ns, unless_failed)
                       : print_verdict(request, &exchange.verdict, duration_ns, unless_failed)) < 0)
        status = -1;
    return status;
}

enum exit_status verify_run(const struct request *request, struct reason *why)
{
    return connect_work(request, verify_over, NULL, why);
}
