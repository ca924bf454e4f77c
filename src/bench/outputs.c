/* SPDX-License-Identifier: ISC */
#include "bench/outputs.h"

#include "base/standard_output.h"
#include "bench/summary.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

void outputs_complain(struct outputs *outputs, const char *object, const struct reason *why)
{
    struct reason lost;

    fprintf(stderr, "echo-bench: %s%s%s: %s\n", object, *object ? ": " : "", reason_name(why->word),
            why->text);
    for (size_t i = 0; i < outputs->record_count; i++)
        if (record_error(&outputs->records[i], object, why, &lost) < 0)
            fprintf(stderr, "echo-bench: %s\n", lost.text);
}

int outputs_open(struct outputs *outputs, struct reason *why)
{
    const struct plan *plan = outputs->plan;
    struct record record = {.environment = &outputs->environment, .command = outputs->command};

    if (plan->output && whole_file_open(&outputs->output, plan->output, why) < 0)
        return -1;
    if (plan->hdr && whole_file_open(&outputs->hdr, plan->hdr, why) < 0)
        return -1;
    if (whole_file_same(&outputs->output, &outputs->hdr))
        return reason_set(why, REASON_USAGE, 0, "--output and --hdr name the same file");
    outputs->keeps_files = plan->output || plan->hdr;
    if (outputs->keeps_files) {
        signal(SIGPIPE, SIG_IGN);
        signal(SIGXFSZ, SIG_IGN); /* the write fails, and no temporary file stays */
    }
    if (plan->json) {
        record.stream = standard_output();
        record.name = "standard output";
        record.may_break = outputs->keeps_files;
        outputs->records[outputs->record_count++] = record;
    } else {
        outputs->text = standard_output();
    }
    if (plan->output) {
        record.stream = outputs->output.stream;
        record.name = plan->output;
        record.may_break = false;
        outputs->records[outputs->record_count++] = record;
    }
    return 0;
}

void outputs_print_head(struct outputs *outputs)
{
    if (!outputs->text)
        return;
    summary_print_head(outputs->text, &outputs->environment, outputs->command);
    /* A run takes its time: what it measures is on the screen meanwhile. */
    fflush(outputs->text);
}

/* Whether standard output is a pipe or socket whose other end is closed. */
static bool reader_is_gone(void)
{
    struct pollfd fd = {.fd = STDOUT_FILENO};

    return poll(&fd, 1, 0) > 0 && fd.revents & (POLLERR | POLLHUP);
}

enum exit_status outputs_finish(struct outputs *outputs, const struct result *result,
                                enum exit_status status)
{
    int code;

    if (outputs->hdr.stream &&
        histogram_print_hgrm(&result->tally->latency, 1e6, outputs->hdr.stream) < 0) {
        fprintf(stderr, "echo-bench: OTHER: write %s: %s\n", outputs->plan->hdr, strerror(errno));
        status = EXIT_LOCAL;
    }
    code = outputs->text ? standard_output_flush() : 0;
    if (code < 0 && !(outputs->keeps_files && reader_is_gone())) {
        fprintf(stderr, "echo-bench: OTHER: write standard output: %s\n", strerror(-code));
        status = EXIT_LOCAL;
    }
    return status;
}

enum exit_status outputs_close(struct outputs *outputs, enum exit_status status)
{
    struct reason why;

    if (whole_file_commit(&outputs->output, &why) < 0) {
        fprintf(stderr, "echo-bench: %s: %s\n", reason_name(why.word), why.text);
        status = EXIT_LOCAL;
    }
    if (whole_file_commit(&outputs->hdr, &why) < 0) {
        fprintf(stderr, "echo-bench: %s: %s\n", reason_name(why.word), why.text);
        status = EXIT_LOCAL;
    }
    return status;
}
