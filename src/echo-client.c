/* SPDX-License-Identifier: ISC */
/* echo-client: options, order, exit status. */
#include "base/descriptors.h"
#include "base/inherited.h"
#include "base/options.h"
#include "base/standard_output.h"
#include "client/check.h"
#include "client/copy.h"
#include "client/message.h"
#include "client/output.h"
#include "client/ping.h"
#include "client/request.h"
#include "client/resolve.h"
#include "client/selftest.h"
#include "client/services.h"
#include "client/verify.h"
#include "config.h"

#include <stdio.h>

static enum exit_status print_help(void)
{
    output_text("Usage: echo-client [options] ENDPOINT [MESSAGE...]\n"
                "Checks that an echo server returns exactly what it is sent.\n\n"
                "With MESSAGE, sends each and prints its echo; without, copies standard input.\n"
                "ENDPOINT is unix:/tmp/echo.sock, unix:@name, localhost:7777, [::1]:7777 ...\n\n");
    options_print(request_options, standard_output());
    output_text("\nD is a duration: 2, .5, 500ms, 1m. SIZE: 512, 64KiB, 1G. See echo-client(1).\n");
    return EXIT_EXACT;
}

static enum exit_status print_version(void)
{
    output_text("echo-client (%s) %s\n", PACKAGE_NAME, PACKAGE_VERSION);
    return EXIT_EXACT;
}

/* Options after a bad one count too: --check and -j decide how it is answered. */
static int read_options(struct request *request, int argc, char **argv, struct reason *why)
{
    struct reason bad;
    int first = options_read(request_options, argc, argv, request_option, request, &bad);

    if (request->mode == REQUEST_HELP || request->mode == REQUEST_VERSION)
        return 0;
    if (first < 0) {
        *why = bad;
        return -1;
    }
    return request_finish(request, argv + first, (size_t)(argc - first), why);
}

static enum exit_status run(const struct request *request, struct reason *why)
{
    switch (request->mode) {
    case REQUEST_MESSAGE:
        return message_run(request, why);
    case REQUEST_COPY:
        return copy_run(request, why);
    case REQUEST_VERIFY:
        return verify_run(request, why);
    case REQUEST_PING:
        return ping_run(request, why);
    case REQUEST_SELFTEST:
        return selftest_run(request, why);
    case REQUEST_CHECK: /* its codes are those of monitoring plugins */
        return (enum exit_status)check_run(request, why);
    case REQUEST_RESOLVE:
        return resolve_run(request, why);
    case REQUEST_SERVICES:
        return services_run(request, why);
    case REQUEST_HELP:
        return print_help();
    case REQUEST_VERSION:
        return print_version();
    }
    return EXIT_LOCAL;
}

static void print_error(const struct request *request, const struct reason *why)
{
    fprintf(stderr, "echo-client: %s%s%s: %s\n", request->name, *request->name ? ": " : "",
            reason_name(why->word), why->text);
    if (request->json) {
        struct report report;

        output_begin(&report, "error");
        report_text(&report, "endpoint", request->name);
        report_reason(&report, "error", why);
        /* Standard output may be what failed: the line above has said so. */
        if (output_print(&report, NULL) < 0)
            return;
    }
}

int main(int argc, char **argv)
{
    struct request request;
    struct reason why = {.word = REASON_NONE};
    enum exit_status status = EXIT_LOCAL;

    inherited_unblock();
    request_init(&request);
    if (descriptors_fill_standard(&why) == 0 && read_options(&request, argc, argv, &why) == 0)
        status = run(&request, &why);
    if (why.word == REASON_NONE && output_line(&why) < 0)
        status = EXIT_LOCAL;
    if (why.word != REASON_NONE && request.mode == REQUEST_CHECK)
        return (int)check_failed(&request, &why);
    if (why.word != REASON_NONE)
        print_error(&request, &why);
    return (int)status;
}
