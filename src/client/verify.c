/* SPDX-License-Identifier: ISC */
#include "client/verify.h"

#include "base/clock.h"
#include "client/connect.h"
#include "client/exchange.h"
#include "client/output.h"
#include "measure/pattern.h"

#include <inttypes.h>
#include <stdio.h>

struct verify {
    struct exchange exchange;
    struct compare compare;
    struct pattern pattern;
    struct progress progress;
    uint64_t generated;
    unsigned char chunk[EXCHANGE_CHUNK];
};

static int generate(struct exchange *exchange, struct reason *why)
{
    struct verify *verify = exchange->context;
    uint64_t left = exchange->planned - verify->generated;
    size_t length = left < sizeof verify->chunk ? (size_t)left : sizeof verify->chunk;

    (void)why; /* generating cannot fail */
    pattern_fill(&verify->pattern, verify->generated, verify->chunk, length);
    verify->generated += length;
    exchange->pending = verify->chunk;
    exchange->pending_length = length;
    exchange->exhausted = verify->generated == exchange->planned;
    return 0;
}

static int print_verdict(const struct request *request, const struct verify *verify,
                         uint64_t duration_ns, struct reason *why)
{
    const struct verdict *verdict = &verify->exchange.verdict;
    char text[VERDICT_TEXT_SIZE], detail[VERDICT_DETAIL_SIZE];

    verdict_format(verdict, text, sizeof text);
    verdict_detail(verdict, detail, sizeof detail);
    if (verdict->word == REASON_NONE)
        printf("%s %" PRIu64 " bytes in %.3f s, %.1f MB/s each way (seed %" PRIu64 ")\n", text,
               request->size, (double)duration_ns / 1e9,
               (double)request->size * 1e3 / (double)(duration_ns ? duration_ns : 1),
               request->seed);
    else
        printf("%s%s%s (seed %" PRIu64 ")\n", text, *detail ? "; " : "", detail, request->seed);
    return output_line(why);
}

static int verify_over(const struct request *request, const struct connect_result *connected,
                       struct reason *why)
{
    static struct verify verify;
    uint64_t start_ns = clock_now_ns(), duration_ns;
    struct reason *unless_failed;
    int status;

    pattern_init(&verify.pattern, request->seed, 0);
    compare_init_pattern(&verify.compare, &verify.pattern);
    exchange_init(&verify.exchange, connected->fd, &verify.compare, &request->trace,
                  request->timeout_ns);
    verify.exchange.planned = request->size;
    verify.exchange.refill = generate;
    verify.exchange.context = &verify;
    verify.exchange.progress = &verify.progress;
    progress_init(&verify.progress, stderr, start_ns);
    status = exchange_run(&verify.exchange, EXCHANGE_ENDED, why);
    duration_ns = clock_now_ns() - start_ns;
    progress_clear(&verify.progress);
    if (status < 0 && verify.exchange.verdict.word == REASON_NONE)
        return -1; /* the failure is ours and says nothing about the peer */
    unless_failed = status < 0 ? NULL : why;
    if ((request->json
             ? output_result(request, connected, &verify.exchange, duration_ns, unless_failed)
             : print_verdict(request, &verify, duration_ns, unless_failed)) < 0)
        status = -1;
    return status;
}

enum exit_status verify_run(const struct request *request, struct reason *why)
{
    return connect_work(request, verify_over, why);
}
