/* SPDX-License-Identifier: ISC */
/* Lines are checked as text and as JSON; the log itself with standard error on a pipe, because that
 * is where it must neither block nor lose a count. */
#include "base/clock.h"
#include "base/log.h"
#include "base/log_limit.h"
#include "base/log_line.h"
#include "lib/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

static const char stamp[] = "2026-11-22T07:00:00.123Z";

static void text_lines(void **state)
{
    static const struct log_field empty[] = {LOG_TEXT("key", "")};
    static const struct log_field spaces[] = {LOG_TEXT("key", "a b"), LOG_TEXT("k", "a=b")};
    static const struct log_field quote[] = {LOG_TEXT("key", "\"")};
    static const struct log_field bytes[] = {LOG_TEXT("key", "\n\\\x1b\xff")};
    static const struct log_field escaped[] = {LOG_ESCAPED("key", "unix:@\\x0a\\\\\n")};
    static const struct log_field absent[] = {LOG_TEXT("key", NULL), LOG_NUMBER("n", UINT64_MAX)};
    static const struct log_field spent[] = {LOG_DURATION("duration", 1023 * NS_PER_MS)};
    static const struct {
        struct log_event event;
        const char *line;
    } table[] = {
        {{LOG_LEVEL_INFO, "closed", NULL, 0, 0}, "info closed\n"},
        {{LOG_LEVEL_ERROR, "a", NULL, 0, 7}, "error a suppressed=7\n"},
        {{LOG_LEVEL_INFO, "a", empty, 1, 0}, "info a key=\"\"\n"},
        {{LOG_LEVEL_INFO, "a", spaces, 2, 0}, "info a key=\"a b\" k=\"a=b\"\n"},
        {{LOG_LEVEL_INFO, "a", quote, 1, 0}, "info a key=\"\\\"\"\n"},
        {{LOG_LEVEL_INFO, "a", bytes, 1, 0}, "info a key=\\x0a\\\\\\x1b\\xff\n"},
        {{LOG_LEVEL_INFO, "a", escaped, 1, 0}, "info a key=unix:@\\x0a\\\\\\x0a\n"},
        {{LOG_LEVEL_INFO, "a", absent, 2, 0}, "info a n=18446744073709551615\n"},
        {{LOG_LEVEL_INFO, "a", spent, 1, 0}, "info a duration=1.023s\n"},
    };
    char line[LOG_LINE_SIZE];
    size_t length;

    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        length = log_line_format(line, LOG_FORMAT_TEXT, NULL, &table[i].event);
        assert_string_equal(line, table[i].line);
        assert_int_equal(length, strlen(line));
    }
    log_line_format(line, LOG_FORMAT_TEXT, stamp, &table[0].event);
    assert_string_equal(line, "2026-11-22T07:00:00.123Z info closed\n");
}

static void stamps(void **state)
{
    static const struct timespec now = {1795330800, 123999999};
    static const struct {
        uint64_t elapsed_ns;
        const char *text;
    } table[] = {
        {0, "  0.000"},
        {1999999, "  0.001"},
        {12 * NS_PER_S + 345 * NS_PER_MS, " 12.345"},
        {999 * NS_PER_S, "999.000"},
        {86400 * NS_PER_S + NS_PER_MS, "86400.001"},
        {UINT64_MAX, "18446744073.709"},
    };
    char text[LOG_STAMP_SIZE];

    (void)state;
    log_line_stamp(text, &now);
    assert_string_equal(text, stamp);
    for (size_t i = 0; i < COUNT(table); i++) {
        log_line_stamp_since(text, table[i].elapsed_ns);
        assert_string_equal(text, table[i].text);
    }
}

/* The value of a field as a JSON reader sees it. */
static void assert_json_text(const struct log_field *field, const char *expected)
{
    const struct log_event event = {LOG_LEVEL_NOTICE, "closed", field, 1, 3};
    char line[LOG_LINE_SIZE];
    size_t length = log_line_format(line, LOG_FORMAT_JSON, stamp, &event);
    json_t *object = json_loadb(line, length, 0, NULL);

    assert_non_null(object);
    assert_int_equal(line[length - 1], '\n');
    assert_string_equal(json_string_value(json_object_get(object, field->key)), expected);
    assert_string_equal(json_string_value(json_object_get(object, "time")),
                        "2026-11-22T07:00:00.123Z");
    assert_string_equal(json_string_value(json_object_get(object, "level")), "notice");
    assert_string_equal(json_string_value(json_object_get(object, "event")), "closed");
    assert_int_equal(json_integer_value(json_object_get(object, "suppressed")), 3);
    json_decref(object);
}

static void json_lines(void **state)
{
    const struct log_field numbers[] = {LOG_NUMBER("id", 12), LOG_DURATION("duration", 123456789)};
    const struct log_event event = {LOG_LEVEL_INFO, "closed", numbers, 2, 0};
    char line[LOG_LINE_SIZE];
    json_t *object;

    (void)state;
    assert_json_text(&LOG_TEXT("key", "a \"b\" = \\"), "a \"b\" = \\\\");
    assert_json_text(&LOG_TEXT("key", "\n\xff"), "\\x0a\\xff");
    assert_json_text(&LOG_ESCAPED("key", "unix:@\\x0a"), "unix:@\\x0a");
    log_line_format(line, LOG_FORMAT_JSON, NULL, &event);
    object = json_loads(line, 0, NULL);
    assert_non_null(object);
    assert_int_equal(json_integer_value(json_object_get(object, "id")), 12);
    assert_int_equal(json_integer_value(json_object_get(object, "duration_ns")), 123456789);
    json_decref(object);
}

/* However long the values are: one whole line, and the fields after a long one. */
static void long_lines(void **state)
{
    static char huge[10000];
    struct log_field fields[9];
    struct log_event event = {LOG_LEVEL_INFO, "a", fields, COUNT(fields), 0};
    char line[LOG_LINE_SIZE + 1];

    (void)state;
    memset(huge, '\\', sizeof huge - 1);
    line[LOG_LINE_SIZE] = '#';
    fields[8] = LOG_NUMBER("last", 42);
    /* Lengths that make the line end at every place near its limit. */
    for (size_t used = 0; used < LOG_VALUE_SIZE + 3; used++) {
        for (size_t i = 0; i < 8; i++)
            fields[i] = LOG_TEXT("key", huge + sizeof huge - 1 - used);
        for (int format = LOG_FORMAT_TEXT; format <= LOG_FORMAT_JSON; format++) {
            size_t length = log_line_format(line, (enum log_format)format, stamp, &event);
            json_t *object = json_loadb(line, length, 0, NULL);

            assert_true(length < LOG_LINE_SIZE && line[LOG_LINE_SIZE] == '#');
            assert_ptr_equal(strchr(line, '\n'), line + length - 1);
            assert_int_equal(line[length], '\0');
            assert_int_equal(object != NULL, format == LOG_FORMAT_JSON);
            json_decref(object);
        }
    }
    fields[0] = LOG_TEXT("key", huge);
    log_line_format(line, LOG_FORMAT_JSON, stamp, &event);
    assert_non_null(strstr(line, "\"last\":42}"));
}

/* Standard error on a pipe (or a file) while the log runs. */
struct capture {
    int saved, reader;
};

static struct capture capture_open(void)
{
    struct capture capture;
    int fds[2];

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    capture.reader = fds[0];
    capture.saved = dup(STDERR_FILENO);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    return capture;
}

/* Puts standard error back and returns what is left in the pipe. */
static char *capture_close(struct capture capture)
{
    char *text = calloc(1, 1 << 20);
    size_t used = 0;
    ssize_t count;

    dup2(capture.saved, STDERR_FILENO);
    close(capture.saved);
    while ((count = read(capture.reader, text + used, (1 << 20) - 1 - used)) > 0)
        used += (size_t)count;
    close(capture.reader);
    return text;
}

static void start(enum log_format format)
{
    const struct log_options options = {.level = LOG_LEVEL_INFO,
                                        .target = LOG_TARGET_STDERR,
                                        .format = format,
                                        .facility = LOG_DAEMON,
                                        .program = "test_log"};

    assert_int_equal(log_start(&options, NULL), 0);
}

static size_t lines_of(const char *text)
{
    size_t lines = 0;

    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

/* The sum of all "key=N" in the text. */
static unsigned long sum_of(const char *text, const char *key)
{
    unsigned long sum = 0;

    while ((text = strstr(text, key)) != NULL) {
        text += strlen(key);
        sum += strtoul(text, NULL, 10);
    }
    return sum;
}

static void every_byte(void **state)
{
    struct capture capture = capture_open();
    unsigned printable = 1;
    char *text;

    (void)state;
    start(LOG_FORMAT_TEXT);
    for (unsigned i = 1; i < 256; i++) {
        char peer[] = {'x', (char)i, 'y', '\0'};

        /* Three classes, so that no rate limit comes into it. */
        LOG(LOG_LEVEL_INFO, i < 100 ? "a" : i < 200 ? "b" : "c", LOG_TEXT("peer", peer));
    }
    LOG(LOG_LEVEL_DEBUG, "below-the-level", LOG_NUMBER("never", 1));
    log_stop(10 * NS_PER_S);
    text = capture_close(capture);
    for (const char *c = text; *c; c++)
        printable &= *c == '\n' || (*c >= 0x20 && *c <= 0x7e);
    assert_true(printable);
    assert_int_equal(lines_of(text), 255);
    assert_null(strstr(text, "below-the-level"));
    free(text);
}

/* What was logged before a flush is in the pipe after it; one that nobody empties does not hold up
 * for ever. */
static void flushed(void **state)
{
    struct capture capture = capture_open();
    char text[8192], filler[400];

    (void)state;
    start(LOG_FORMAT_TEXT);
    log_flush(10 * NS_PER_S);
    for (unsigned i = 0; i < LOG_BURST / 2; i++) {
        ssize_t count;

        LOG(LOG_LEVEL_INFO, "a", LOG_NUMBER("n", i));
        log_flush(10 * NS_PER_S);
        /* Blocks for ever when nothing is there. */
        count = read(capture.reader, text, sizeof text - 1);
        assert_true(count > 0 && text[count - 1] == '\n');
    }
    memset(filler, 'x', sizeof filler - 1);
    filler[sizeof filler - 1] = '\0';
    assert_true(fcntl(STDERR_FILENO, F_SETPIPE_SZ, 4096) > 0);
    for (unsigned i = 0; i < LOG_BURST; i++)
        LOG(LOG_LEVEL_INFO, "b", LOG_TEXT("filler", filler));
    log_flush(10 * NS_PER_MS);
    assert_true(fcntl(capture.reader, F_SETFL, O_NONBLOCK) == 0);
    for (size_t sum = 0; sum < 100 * sizeof filler;) {
        ssize_t count = read(capture.reader, text, sizeof text - 1);

        sum += count > 0 ? (size_t)count : 0;
        sched_yield();
    }
    log_stop(10 * NS_PER_S);
    free(capture_close(capture));
}

/* How many lines were seen or counted as lost. */
static size_t accounted_for(const char *text)
{
    size_t reports = 0;

    for (const char *c = text; (c = strstr(c, "log-dropped lines=")) != NULL; c++)
        reports++;
    return lines_of(text) - reports + sum_of(text, "log-dropped lines=");
}

/* Nobody reads; then somebody does. */
static void blocked_reader(void **state)
{
    static char names[50][8];
    struct capture capture = capture_open();
    char filler[400], *text = calloc(1, 1 << 20);
    size_t used = 0;

    (void)state;
    memset(filler, 'x', sizeof filler - 1);
    filler[sizeof filler - 1] = '\0';
    start(LOG_FORMAT_TEXT);
    /* More bytes than the pipe and the ring can hold together. */
    for (unsigned i = 0; i < COUNT(names); i++) {
        snprintf(names[i], sizeof names[i], "class%u", i);
        for (unsigned j = 0; j < LOG_BURST; j++)
            LOG(LOG_LEVEL_INFO, names[i], LOG_TEXT("filler", filler));
    }
    while (accounted_for(text) != COUNT(names) * LOG_BURST) {
        ssize_t count = read(capture.reader, text + used, 4096);

        assert_true(count > 0);
        used += (size_t)count;
    }
    assert_true(sum_of(text, "log-dropped lines=") > 0);
    log_stop(10 * NS_PER_S);
    free(capture_close(capture));
    free(text);
}

/* At the end the log does not wait for ever, and a line after that does not block either. */
static void blocked_stop(void **state)
{
    struct capture capture = capture_open();
    int status;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        char filler[400];

        memset(filler, 'x', sizeof filler - 1);
        filler[sizeof filler - 1] = '\0';
        if (fcntl(STDERR_FILENO, F_SETPIPE_SZ, 4096) < 0)
            _exit(2);
        start(LOG_FORMAT_TEXT);
        for (unsigned j = 0; j < LOG_BURST; j++)
            LOG(LOG_LEVEL_INFO, "a", LOG_TEXT("filler", filler));
        log_stop(10 * NS_PER_MS);
        LOG(LOG_LEVEL_INFO, "b", LOG_TEXT("filler", filler));
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    free(capture_close(capture));
    assert_int_equal(status, 0);
}

/* Counts what fails, so that a test knows when the thread has tried. */
static unsigned failed_writes;

ssize_t __real_write(int fd, const void *bytes, size_t length);
ssize_t __wrap_write(int fd, const void *bytes, size_t length);
ssize_t __wrap_write(int fd, const void *bytes, size_t length)
{
    ssize_t result = __real_write(fd, bytes, length);

    if (result < 0)
        __atomic_add_fetch(&failed_writes, 1, __ATOMIC_SEQ_CST);
    return result;
}

static void break_stderr(const char *how)
{
    int fds[2] = {-1, -1};

    if (strcmp(how, "full") == 0)
        fds[1] = open("/dev/full", O_WRONLY | O_CLOEXEC);
    else
        assert_int_equal(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    close(fds[0]);
    if (strcmp(how, "closed") == 0)
        close(STDERR_FILENO);
}

static void dead_sinks(void **state)
{
    static const char *const sinks[] = {"full", "dead reader", "closed"};

    (void)state;
    signal(SIGPIPE, SIG_DFL);
    for (size_t i = 0; i < COUNT(sinks); i++) {
        struct capture capture = capture_open();
        int good = dup(STDERR_FILENO);
        char *text;

        break_stderr(sinks[i]);
        failed_writes = 0;
        start(LOG_FORMAT_TEXT);
        for (unsigned j = 0; j < 50; j++)
            LOG(LOG_LEVEL_INFO, "lost", LOG_NUMBER("n", j));
        while (__atomic_load_n(&failed_writes, __ATOMIC_SEQ_CST) < 50)
            sched_yield();
        /* Nor does it try again and again. */
        for (unsigned j = 0; j < 1000; j++)
            sched_yield();
        assert_int_equal(__atomic_load_n(&failed_writes, __ATOMIC_SEQ_CST), 50);
        dup2(good, STDERR_FILENO);
        close(good);
        LOG(LOG_LEVEL_INFO, "seen", LOG_NUMBER("n", 1));
        log_stop(10 * NS_PER_S);
        text = capture_close(capture);
        assert_non_null(strstr(text, "seen n=1\n"));
        assert_non_null(strstr(text, "warning log-dropped lines=50\n"));
        assert_int_equal(lines_of(text), 2);
        free(text);
    }
}

static void flood(void **state)
{
    struct capture capture = capture_open();
    uint64_t begin = clock_now_ns();
    uint64_t seconds;
    char *text;

    (void)state;
    start(LOG_FORMAT_TEXT);
    for (unsigned i = 0; i < 100000; i++)
        LOG(LOG_LEVEL_WARNING, "refused", LOG_NUMBER("n", i));
    LOG(LOG_LEVEL_WARNING, "another", LOG_NUMBER("n", 1));
    seconds = 1 + (clock_now_ns() - begin) / NS_PER_S;
    log_stop(10 * NS_PER_S);
    text = capture_close(capture);
    assert_true(lines_of(text) <= LOG_BURST + LOG_RATE * seconds + 2);
    assert_non_null(strstr(text, "another n=1"));
    /* What was not written was counted. The last line may be nothing but the count. */
    {
        size_t lines = 0, bare = 0;

        for (const char *c = text; (c = strstr(c, "warning refused")) != NULL; c++) {
            lines++;
            bare += strstr(c, " n=") == NULL || strstr(c, " n=") > strchr(c, '\n');
        }
        assert_int_equal(lines - bare + sum_of(text, "suppressed="), 100000);
    }
    free(text);
}

/* Reads the pipe until the text holds the word. */
static void read_until(struct capture capture, char *text, size_t size, const char *word)
{
    while (!strstr(text, word)) {
        size_t used = strlen(text);
        ssize_t count = read(capture.reader, text + used, size - 1 - used);

        assert_true(count > 0);
        text[used + (size_t)count] = '\0';
    }
}

/* A flood that has ended is told of without another line of its class. */
static void flood_ends(void **state)
{
    struct capture capture = capture_open();
    char text[64 * 1024] = "";

    (void)state;
    start(LOG_FORMAT_TEXT);
    for (unsigned i = 0; i < LOG_BURST; i++)
        LOG(LOG_LEVEL_WARNING, "refused", LOG_NUMBER("n", i));
    /* The thread has nothing to do now and must be woken for what is suppressed. */
    read_until(capture, text, sizeof text, "refused n=99\n");
    for (unsigned i = 0; i < 1000; i++)
        LOG(LOG_LEVEL_WARNING, "refused", LOG_NUMBER("n", i));
    read_until(capture, text, sizeof text, "suppressed=");
    log_stop(10 * NS_PER_S);
    free(capture_close(capture));
}

static void *chatter(void *name)
{
    for (unsigned i = 0; i < LOG_BURST; i++)
        LOG(LOG_LEVEL_INFO, name, LOG_NUMBER("n", i), LOG_TEXT("text", "a b"));
    return NULL;
}

static void several_threads(void **state)
{
    static char names[4][8] = {"one", "two", "three", "four"};
    struct capture capture = capture_open();
    pthread_t threads[4];
    char *text;
    size_t objects = 0;

    (void)state;
    start(LOG_FORMAT_JSON);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, chatter, names[i]), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    log_stop(10 * NS_PER_S);
    text = capture_close(capture);
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        json_t *object = json_loadb(line, (size_t)(end - line), 0, NULL);

        assert_non_null(object);
        objects++;
        json_decref(object);
    }
    assert_int_equal(objects, COUNT(names) * LOG_BURST);
    free(text);
}

/* The C library's side of syslog, replaced when the test is linked. */
static char syslog_text[256];
static int syslog_priority;
static int devlog_code;

int __wrap_access(const char *path, int mode);
int __wrap_access(const char *path, int mode)
{
    assert_string_equal(path, "/dev/log");
    (void)mode;
    errno = devlog_code;
    return devlog_code ? -1 : 0;
}

void __wrap_syslog(int priority, const char *format, int length, const char *text);
void __wrap_syslog(int priority, const char *format, int length, const char *text)
{
    assert_string_equal(format, "%.*s");
    syslog_priority = priority;
    snprintf(syslog_text + strlen(syslog_text), sizeof syslog_text - strlen(syslog_text), "%.*s\n",
             length, text);
}

void __wrap___syslog_chk(int priority, int flag, const char *format, int length, const char *text);
void __wrap___syslog_chk(int priority, int flag, const char *format, int length, const char *text)
{
    (void)flag;
    __wrap_syslog(priority, format, length, text);
}

static void to_syslog(void **state)
{
    const struct log_options options = {.level = LOG_LEVEL_NOTICE,
                                        .target = LOG_TARGET_SYSLOG,
                                        .facility = LOG_LOCAL3,
                                        .program = "test_log"};

    (void)state;
    syslog_text[0] = '\0';
    assert_int_equal(log_start(&options, NULL), 0);
    LOG(LOG_LEVEL_WARNING, "refused", LOG_TEXT("peer", "a %s\n"));
    log_stop(10 * NS_PER_S);
    assert_string_equal(syslog_text, "warning refused peer=\"a %s\\x0a\"\n");
    assert_int_equal(syslog_priority, LOG_WARNING);
}

/* No daemon yet: said on standard error, and the lines until it comes are counted. */
static void syslog_comes_later(void **state)
{
    const struct log_options options = {.level = LOG_LEVEL_NOTICE,
                                        .target = LOG_TARGET_SYSLOG,
                                        .facility = LOG_LOCAL3,
                                        .program = "test_log"};
    struct capture capture = capture_open();
    char *text;

    (void)state;
    syslog_text[0] = '\0';
    devlog_code = ENOENT;
    assert_int_equal(log_start(&options, NULL), 0);
    for (unsigned i = 0; i < 3; i++)
        LOG(LOG_LEVEL_NOTICE, "lost", LOG_NUMBER("n", i));
    log_flush(10 * NS_PER_S);
    devlog_code = 0;
    LOG(LOG_LEVEL_NOTICE, "seen", LOG_NUMBER("n", 3));
    log_stop(10 * NS_PER_S);
    text = capture_close(capture);
    assert_non_null(strstr(text, "warning syslog-missing socket=/dev/log why=\"No such file"));
    assert_int_equal(lines_of(text), 1);
    assert_string_equal(syslog_text, "notice seen n=3\nwarning log-dropped lines=3\n");
    free(text);
}

static void facility_names(void **state)
{
    (void)state;
    assert_int_equal(log_facility("daemon"), LOG_DAEMON);
    assert_int_equal(log_facility("local7"), LOG_LOCAL7);
    assert_int_equal(log_facility("Daemon"), -1);
    for (size_t i = 0; log_facility_names[i]; i++)
        assert_string_equal(log_facility_name(log_facility(log_facility_names[i])),
                            log_facility_names[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_lines),     cmocka_unit_test(stamps),
        cmocka_unit_test(flushed),        cmocka_unit_test(json_lines),
        cmocka_unit_test(long_lines),     cmocka_unit_test(every_byte),
        cmocka_unit_test(blocked_reader), cmocka_unit_test(blocked_stop),
        cmocka_unit_test(dead_sinks),     cmocka_unit_test(flood),
        cmocka_unit_test(flood_ends),     cmocka_unit_test(several_threads),
        cmocka_unit_test(to_syslog),      cmocka_unit_test(syslog_comes_later),
        cmocka_unit_test(facility_names),
    };

    alarm(60); /* a log that blocks is a failure, not a hang */
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
