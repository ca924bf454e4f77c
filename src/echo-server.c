/* SPDX-License-Identifier: ISC */
/* echo-server: the command line, the order of things, the exit status. */
#include "config.h"

#include "base/descriptors.h"
#include "base/inherited.h"
#include "base/options.h"
#include "base/standard_output.h"
#include "base/text.h"
#include "server/check.h"
#include "server/lifecycle.h"
#include "server/process/parent.h"
#include "server/server.h"
#include "server/settings/dump.h"
#include "server/settings/file.h"
#include "server/settings/read.h"
#include "transport/transport_inherited.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_FILE SYSCONFDIR "/echo-server.conf"

enum {
    OPTION_READY_FD = OPTIONS_LONG,
    OPTION_LOG_LEVEL,
    OPTION_LOG_TARGET,
    OPTION_LOG_FORMAT,
    OPTION_MODE,
    OPTION_USER,
    OPTION_GRACE,
    OPTION_NAME,
    OPTION_ALLOW_ROOT,
    OPTION_EXIT_WITH_PARENT
};

static const struct options_row rows[] = {
    {'c', "config", "FILE", "read the settings from FILE"},
    {'t', "test", NULL, "check the settings and say which file they are from"},
    {'T', "dump", NULL, "print the effective settings as a settings file"},
    {OPTION_READY_FD, "ready-fd", "N", "write the listening lines and \"ready\" to descriptor N"},
    {'w', "workers", "N", "threads; 0: one per CPU, at most 4"},
    {OPTION_LOG_LEVEL, "log-level", "LEVEL", "error, warning, notice, info or debug"},
    {OPTION_LOG_TARGET, "log-target", "TARGET", "stderr or syslog"},
    {OPTION_LOG_FORMAT, "log-format", "FORMAT", "text or json"},
    {OPTION_MODE, "mode", "OCTAL", "mode of the Unix sockets of the command line"},
    {OPTION_USER, "user", "NAME", "run as this user; not in this version"},
    {OPTION_GRACE, "grace", "D", "how long connections may go on after TERM (5s)"},
    {OPTION_NAME, "name", "NAME", "what info listeners call this server (the host name)"},
    {OPTION_ALLOW_ROOT, "allow-root", NULL, "as root, also listen where other machines connect"},
    {OPTION_EXIT_WITH_PARENT, "exit-with-parent", NULL,
     "end, as by TERM, when the process that started it ends"},
    {'v', "verbose", NULL, "tell the life of each socket (log level info)"},
    {'q', "quiet", NULL, "log errors only"},
    {'V', "version", NULL, "print the version"},
    {'h', "help", NULL, "print this help"},
    {0, NULL, NULL, NULL},
};

#define ROWS (sizeof rows / sizeof rows[0])

struct command_line {
    const char *file; /* NULL: the built-in defaults */
    char *const *endpoints;
    size_t endpoint_count;
    const char *given[ROWS]; /* by row: its argument, "true" where it takes none; or NULL */
};

static void complain(void *context, const char *sentence)
{
    (void)context;
    fprintf(stderr, "echo-server: %s\n", sentence);
}

static const char *value(const struct command_line *line, int letter)
{
    return line->given[options_find(rows, letter) - rows];
}

/* The last one counts: -v and -q are levels too. */
static int take_option(void *context, const struct options_row *row, const char *argument,
                       struct reason *why)
{
    struct command_line *line = context;

    (void)why;
    if (row->letter == 'v' || row->letter == 'q') {
        argument = row->letter == 'v' ? "info" : "error";
        row = options_find(rows, OPTION_LOG_LEVEL);
    }
    line->given[row - rows] = argument ? argument : "true";
    return 0;
}

static int read_options(struct command_line *line, int argc, char **argv, struct reason *why)
{
    int first = options_read(rows, argc, argv, take_option, line, why);

    if (first < 0)
        return -1;
    line->file = value(line, 'c');
    line->endpoints = argv + first;
    line->endpoint_count = (size_t)(argc - first);
    return 0;
}

/* What the command line says goes over what the file says. */
static int apply(const struct command_line *line, struct settings *settings, struct reason *why)
{
    static const struct {
        int letter;
        const char *setting;
    } words[] = {
        {'w', "workers"},
        {OPTION_LOG_LEVEL, "log.level"},
        {OPTION_LOG_TARGET, "log.target"},
        {OPTION_LOG_FORMAT, "log.format"},
        {OPTION_GRACE, "shutdown.grace"},
        {OPTION_NAME, "server_name"},
        {OPTION_ALLOW_ROOT, "allow_root"},
    };
    const char *mode = value(line, OPTION_MODE);
    struct reason inner;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *text = value(line, words[i].letter);

        if (text && settings_set(settings, words[i].setting, text, &inner) < 0)
            return reason_set(why, REASON_USAGE, 0, "--%s: %s",
                              options_find(rows, words[i].letter)->name, inner.text);
    }
    if (value(line, OPTION_USER))
        return reason_set(why, REASON_USAGE, 0, "--user: not in this version");
    if (mode && line->endpoint_count == 0)
        return reason_set(why, REASON_USAGE, 0,
                          "--mode is for Unix sockets of the command line, and it names none");
    if (line->endpoint_count > 0)
        return settings_set_endpoints(settings, line->endpoints, line->endpoint_count, mode, why);
    return 0;
}

/* A file where an endpoint belongs: nothing could be bound there, whatever the file is. */
static int refuse_files(const struct command_line *line, struct reason *why)
{
    char copy[96];
    struct stat status;

    for (size_t i = 0; i < line->endpoint_count; i++) {
        const char *word = line->endpoints[i];

        if (*word == '@' || strchr(word, ':') || stat(word, &status) < 0 ||
            !S_ISREG(status.st_mode))
            continue;
        text_escape(copy, sizeof copy, word, strlen(word));
        return reason_set(why, REASON_USAGE, 0,
                          "\"%s\" is a file, not an endpoint; a settings file is given with -c",
                          copy);
    }
    return 0;
}

static int reread(void *context, char **text, struct reason *why)
{
    const struct command_line *line = context;

    *text = NULL;
    return line->file ? file_read(line->file, text, why) : 0;
}

static int load(void *context, const char *text, struct settings *settings, settings_complain *tell,
                void *tell_context)
{
    const struct command_line *line = context;
    struct reason why;
    int status;

    if (!text)
        status = settings_defaults(settings, &why);
    else if (read_settings(&settings_schema, settings, line->file, text, tell, tell_context) == 0)
        status = 0;
    else
        return -1;
    if (status == 0) {
        status = apply(line, settings, &why);
        if (status < 0)
            settings_release(settings);
    }
    if (status < 0)
        tell(tell_context, why.text);
    return status;
}

static int check_ready_fd(const char *text, int *fd, struct reason *why)
{
    struct reason inner;
    uint64_t number;
    int flags;

    *fd = -1;
    if (!text)
        return 0;
    if (text_number(text, 0, 1 << 20, &number, &inner) < 0)
        return reason_set(why, REASON_USAGE, 0, "--ready-fd: %s", inner.text);
    flags = fcntl((int)number, F_GETFL);
    if (flags < 0)
        return reason_set(why, REASON_USAGE, 0, "--ready-fd %s: this descriptor is not open", text);
    if ((flags & O_ACCMODE) == O_RDONLY)
        return reason_set(why, REASON_USAGE, 0,
                          "--ready-fd %s: this descriptor is open for reading only", text);
    if (transport_inherited_listens((int)number))
        return reason_set(why, REASON_USAGE, 0,
                          "--ready-fd %s: this descriptor is a listening socket", text);
    *fd = (int)number;
    return 0;
}

/* The end of what only prints. */
static int finish_output(void)
{
    int code = standard_output_flush();
    struct reason why;

    if (code == 0)
        return EXIT_EXACT;
    reason_errno(&why, -code, "write to standard output");
    complain(NULL, why.text);
    return EXIT_LOCAL;
}

static int open_parent(const struct command_line *line, int *fd, struct reason *why)
{
    struct reason inner;

    *fd = -1;
    if (!value(line, OPTION_EXIT_WITH_PARENT))
        return 0;
    *fd = parent_open(&inner);
    return *fd < 0 ? reason_set(why, inner.word, inner.code, "--exit-with-parent: %s", inner.text)
                   : 0;
}

/* Signals have their default effect, and the end of the parent has that of TERM, in what may take
 * its time before and after the service: files, names, a terminal that stands still. */
static int be_interruptible(const struct lifecycle_options *options, struct reason *why)
{
    inherited_unblock();
    return parent_guard(options->parent_fd, why);
}

static int print_result(const struct command_line *line, const struct settings *settings)
{
    FILE *out = standard_output();

    if (value(line, 'T'))
        dump_settings(&settings_schema, settings, out);
    else if (line->file)
        fprintf(out, "%s: settings are valid\n", line->file);
    else
        fputs("settings are valid; no settings file was read\n", out);
    return finish_output();
}

static int print_help(void)
{
    FILE *out = standard_output();

    fprintf(out,
            "Usage: echo-server [OPTION...] [ENDPOINT...]\n"
            "Returns to every client exactly what it sends, over Unix-domain and TCP sockets.\n\n"
            "ENDPOINT is unix:/path, unix:@name, host:port, [v6]:port or *:port; see "
            "echo-endpoint(7).\n"
            "Without one, " DEFAULT_FILE " says what is served, or, when there is no\n"
            "such file, unix:/tmp/echo.sock and localhost:7777 are.\n\n");
    options_print(rows, out);
    return finish_output();
}

static int run(int argc, char **argv)
{
    struct command_line line = {0};
    struct lifecycle_options options = {
        .source = {.reread = reread, .load = load, .context = &line}};
    struct settings settings;
    struct reason why = {0}, no_sockets;
    char *text;
    int status;

    int inherited = transport_inherited_init(&no_sockets);

    if (descriptors_fill_standard(&why) < 0 || read_options(&line, argc, argv, &why) < 0 ||
        open_parent(&line, &options.parent_fd, &why) < 0 || be_interruptible(&options, &why) < 0 ||
        check_ready_fd(value(&line, OPTION_READY_FD), &options.ready_fd, &why) < 0) {
        complain(NULL, why.text);
        return EXIT_LOCAL;
    }
    if (value(&line, 'h'))
        return print_help();
    if (value(&line, 'V')) {
        fprintf(standard_output(), "echo-server %s\n", PACKAGE_VERSION);
        return finish_output();
    }
    if (inherited < 0) {
        complain(NULL, no_sockets.text);
        return EXIT_LOCAL;
    }
    if (refuse_files(&line, &why) < 0) {
        complain(NULL, why.text);
        return EXIT_LOCAL;
    }
    /* Once, so that a reload reads what the start has read. */
    if (!line.file && line.endpoint_count == 0 && access(DEFAULT_FILE, F_OK) == 0)
        line.file = DEFAULT_FILE;
    if (reread(&line, &text, &why) < 0) {
        complain(NULL, why.text);
        return EXIT_LOCAL;
    }
    status = load(&line, text, &settings, complain, NULL);
    free(text);
    if (status < 0)
        return EXIT_LOCAL;
    if (value(&line, 't') &&
        check_listeners(&settings, server_worker_count(&settings), complain, NULL) < 0) {
        settings_release(&settings);
        return EXIT_LOCAL;
    }
    if (value(&line, 't') || value(&line, 'T')) {
        status = print_result(&line, &settings);
        settings_release(&settings);
        return status;
    }
    status = lifecycle_run(&settings, &options, &why);
    if (status == EXIT_LOCAL) {
        (void)!be_interruptible(&options, NULL);
        complain(NULL, why.text);
    }
    return status;
}

int main(int argc, char **argv)
{
    int status = run(argc, argv);

    parent_release();
    return status;
}
