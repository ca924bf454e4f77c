/* SPDX-License-Identifier: ISC */
#include "client/selftest.h"

#include "base/clock.h"
#include "base/descriptors.h"
#include "client/hello.h"
#include "client/output.h"

#include <stdio.h>

static int print_object(const struct selftest_case *test, const struct reason *bad,
                        uint64_t duration_ns, struct reason *why)
{
    struct report report;

    output_begin(&report, "test");
    report_text(&report, "name", test->name);
    report_truth(&report, "ok", bad->word == REASON_NONE);
    report_number(&report, "duration_ns", duration_ns);
    if (bad->word != REASON_NONE)
        report_reason(&report, "error", bad);
    return output_print(&report, why);
}

static int print_line(const struct request *request, const struct selftest_case *test,
                      const struct reason *bad, uint64_t duration_ns, struct reason *why)
{
    if (request->quiet && bad->word == REASON_NONE)
        return 0;
    if (request->json)
        return print_object(test, bad, duration_ns, why);
    if (bad->word == REASON_NONE)
        output_text("ok    %-26s OK %.1f ms\n", test->name, (double)duration_ns / 1e6);
    else
        output_text("FAIL  %-26s %s: %s\n", test->name, reason_name(bad->word), bad->text);
    return output_line(why);
}

static int print_count(const struct request *request, unsigned good, unsigned bad,
                       struct reason *why)
{
    struct report report;

    if (!request->json) {
        output_text("%u exchanges, %u ok, %u failed\n", good + bad, good, bad);
        return output_line(why);
    }
    output_begin(&report, "summary");
    report_text(&report, "endpoint", request->name);
    report_number(&report, "tests", good + bad);
    report_number(&report, "passed", good);
    report_number(&report, "failed", bad);
    return output_print(&report, why);
}

/* One exchange: its line, and its exit status in *status. */
static int run_case(struct selftest *selftest, const struct selftest_case *test,
                    enum exit_status *status, struct reason *why)
{
    struct reason bad = {.word = REASON_NONE};
    uint64_t start_ns = clock_now_ns(), duration_ns;
    bool connected = false;

    progress_init(&selftest->progress, stderr, start_ns);
    *status = test->run(selftest, &connected, &bad) < 0 ? reason_exit_status(bad.word, connected)
                                                        : EXIT_EXACT;
    duration_ns = clock_now_ns() - start_ns;
    progress_clear(&selftest->progress);
    return print_line(selftest->request, test, &bad, duration_ns, why);
}

enum exit_status selftest_run(const struct request *request, struct reason *why)
{
    struct selftest selftest = {.request = request};
    struct connect_result connected;
    enum exit_status worst = hello_run(request, why), status;
    unsigned good = 0, bad = 0;

    if (worst != EXIT_EXACT)
        return worst;
    descriptors_raise_limit();
    if (connect_open(request, &selftest.targets, &connected, why) < 0)
        return reason_exit_status(why->word, false);
    connect_close(request, &connected.fd);
    for (const struct selftest_case *test = selftest_cases; test->name; test++) {
        if (run_case(&selftest, test, &status, why) < 0)
            return EXIT_LOCAL;
        worst = exit_status_worse(worst, status);
        good += status == EXIT_EXACT;
        bad += status != EXIT_EXACT;
    }
    return print_count(request, good, bad, why) < 0 ? EXIT_LOCAL : worst;
}
