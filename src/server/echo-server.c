/* SPDX-License-Identifier: ISC */
/* echo-server: the command line, the order of things, the exit status. */
#include "config.h"

#include "base/descriptors.h"
#include "base/inherited.h"
#include "base/options.h"
#include "base/standard_output.h"
#include "base/text.h"
#include "server/check.h"
#include "server/parent.h"
#include "server/server.h"
#include "server/settings.h"

#include <fcntl.h>
#include <getopt.h>
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
    const char *mode, *user, *workers, *log_level, *log_target, *log_format, *grace, *allow_root;
    const char *ready_fd;
    bool test, dump, help, version, exit_with_parent;
};

static void complain(void *context, const char *sentence)
{
    (void)context;
    fprintf(stderr, "echo-server: %s\n", sentence);
}

static int parse_command_line(struct command_line *line, int argc, char **argv, struct reason *why)
{
    struct option list[ROWS] = {{0}};
    char letters[2 * ROWS + 2];
    int letter;

    for (size_t i = 0; i + 1 < ROWS; i++)
        list[i] = (struct option){rows[i].name, rows[i].argument ? required_argument : no_argument,
                                  NULL, rows[i].letter};
    options_short(rows, letters);
    while ((letter = getopt_long(argc, argv, letters, list, NULL)) != -1) {
        switch (letter) {
        case 'c':
            line->file = optarg;
            break;
        case 't':
            line->test = true;
            break;
        case 'T':
            line->dump = true;
            break;
        case OPTION_READY_FD:
            line->ready_fd = optarg;
            break;
        case 'w':
            line->workers = optarg;
            break;
        case OPTION_LOG_LEVEL:
            line->log_level = optarg;
            break;
        case OPTION_LOG_TARGET:
            line->log_target = optarg;
            break;
        case OPTION_LOG_FORMAT:
            line->log_format = optarg;
            break;
        case OPTION_MODE:
            line->mode = optarg;
            break;
        case OPTION_USER:
            line->user = optarg;
            break;
        case OPTION_GRACE:
            line->grace = optarg;
            break;
        case OPTION_ALLOW_ROOT:
            line->allow_root = "true";
            break;
        case OPTION_EXIT_WITH_PARENT:
            line->exit_with_parent = true;
            break;
        case 'v':
            line->log_level = "info";
            break;
        case 'q':
            line->log_level = "error";
            break;
        case 'V':
            line->version = true;
            break;
        case 'h':
            line->help = true;
            break;
        default:
            return options_refuse(rows, letter, optopt, argv[optind - 1], why);
        }
    }
    line->endpoints = argv + optind;
    line->endpoint_count = (size_t)(argc - optind);
    return 0;
}

/* What the command line says goes over what the file says. */
static int apply(const struct command_line *line, struct settings *settings, struct reason *why)
{
    const struct {
        const char *option, *setting, *text;
    } words[] = {
        {"workers", "workers", line->workers},
        {"log-level", "log.level", line->log_level},
        {"log-target", "log.target", line->log_target},
        {"log-format", "log.format", line->log_format},
        {"grace", "shutdown.grace", line->grace},
        {"allow-root", "allow_root", line->allow_root},
    };
    struct reason inner;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i].text && settings_set(settings, words[i].setting, words[i].text, &inner) < 0)
            return reason_set(why, REASON_USAGE, 0, "--%s: %s", words[i].option, inner.text);
    if (line->user)
        return reason_set(why, REASON_USAGE, 0, "--user: not in this version");
    if (line->mode && line->endpoint_count == 0)
        return reason_set(why, REASON_USAGE, 0,
                          "--mode is for Unix sockets of the command line, and it names none");
    if (line->endpoint_count > 0)
        return settings_set_endpoints(settings, line->endpoints, line->endpoint_count, line->mode,
                                      why);
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
    return line->file ? settings_read(line->file, text, why) : 0;
}

static int load(void *context, const char *text, struct settings *settings, settings_complain *tell,
                void *tell_context)
{
    const struct command_line *line = context;
    struct reason why;
    int status;

    if (!text)
        status = settings_defaults(settings, &why);
    else if (settings_parse(settings, line->file, text, tell, tell_context) == 0)
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
    if (!line->exit_with_parent)
        return 0;
    *fd = parent_open(&inner);
    return *fd < 0 ? reason_set(why, inner.word, inner.code, "--exit-with-parent: %s", inner.text)
                   : 0;
}

/* Signals have their default effect, and the end of the parent has that of TERM, in what may take
 * its time before and after the service: files, names, a terminal that stands still. */
static int be_interruptible(const struct server_options *options, struct reason *why)
{
    inherited_unblock();
    return parent_guard(options->parent_fd, why);
}

static int print_result(const struct command_line *line, const struct settings *settings)
{
    FILE *out = standard_output();

    if (line->dump)
        settings_dump(settings, out);
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
    struct server_options options = {.reread = reread, .load = load, .context = &line};
    struct settings settings;
    struct reason why = {0};
    char *text;
    int status;

    if (descriptors_fill_standard(&why) < 0 || parse_command_line(&line, argc, argv, &why) < 0 ||
        open_parent(&line, &options.parent_fd, &why) < 0 || be_interruptible(&options, &why) < 0 ||
        check_ready_fd(line.ready_fd, &options.ready_fd, &why) < 0) {
        complain(NULL, why.text);
        return EXIT_LOCAL;
    }
    if (line.help)
        return print_help();
    if (line.version) {
        fprintf(standard_output(), "echo-server %s\n", PACKAGE_VERSION);
        return finish_output();
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
    if (line.test &&
        check_listeners(&settings, server_worker_count(&settings), complain, NULL) < 0) {
        settings_release(&settings);
        return EXIT_LOCAL;
    }
    if (line.test || line.dump) {
        status = print_result(&line, &settings);
        settings_release(&settings);
        return status;
    }
    status = server_run(&settings, &options, &why);
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
