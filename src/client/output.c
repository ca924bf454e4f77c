/* SPDX-License-Identifier: ISC */
#include "client/output.h"

#include "base/standard_output.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Not reason_errno: EPIPE on standard output is no RESET by the peer. */
static int failed(int code, struct reason *why)
{
    return reason_set(why, REASON_OTHER, code, "write standard output: %s", strerror(code));
}

int output_line(struct reason *why)
{
    int code = standard_output_flush();

    return code < 0 ? failed(-code, why) : 0;
}

void output_begin_bytes(struct terminal *terminal)
{
    terminal_init(terminal, standard_output(), isatty(STDOUT_FILENO));
}

int output_bytes(struct terminal *terminal, const void *bytes, size_t length, struct reason *why)
{
    terminal_write(terminal, bytes, length);
    /* Not output_flush: a character may go on in the next piece. */
    return output_line(why);
}

int output_flush(struct terminal *terminal, struct reason *why)
{
    terminal_release(terminal);
    return output_line(why);
}

void output_text(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vfprintf(standard_output(), format, arguments);
    va_end(arguments);
}

void output_begin(struct report *report, const char *type)
{
    report_init(report);
    report_text(report, "type", type);
}

int output_print(struct report *report, struct reason *why)
{
    if (report_print(report, standard_output(), "standard output", why) < 0)
        return -1;
    return output_line(why);
}

int output_received(uint64_t offset, const void *bytes, size_t length, struct reason *why)
{
    struct report report;

    output_begin(&report, "received");
    report_number(&report, "offset", offset);
    report_number(&report, "length", length);
    report_bytes(&report, "bytes", bytes, length);
    return output_print(&report, why);
}

int output_result(const struct request *request, const struct connect_result *connected,
                  const struct exchange *exchange, uint64_t duration_ns, struct reason *why)
{
    char text[ADDRESS_TEXT_SIZE];
    struct report report;

    output_begin(&report, "result");
    report_text(&report, "mode", request_mode_name(request->mode));
    report_text(&report, "endpoint", request->name);
    report_text(&report, "address", address_format(&connected->address, text, sizeof text));
    report_text(&report, "protocol", address_protocol_name(connected->address.protocol));
    report_number(&report, "connect_ns", connected->connect_ns);
    report_number(&report, "duration_ns", duration_ns);
    report_number(&report, "sent", exchange->sent);
    report_number(&report, "received", exchange->received);
    if (request->mode == REQUEST_VERIFY)
        report_number(&report, "seed", request->seed);
    report_verdict(&report, "verdict", &exchange->verdict);
    return output_print(&report, why);
}
