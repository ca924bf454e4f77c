/* SPDX-License-Identifier: ISC */
#include "base/log.h"

#include "base/clock.h"
#include "base/log_limit.h"
#include "base/log_ring.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

const char *const log_target_names[] = {"stderr", "syslog", NULL};

const char *const log_facility_names[] = {"auth",   "authpriv", "cron",   "daemon", "kern",
                                          "local0", "local1",   "local2", "local3", "local4",
                                          "local5", "local6",   "local7", "lpr",    "mail",
                                          "news",   "syslog",   "user",   "uucp",   NULL};
static const int facilities[] = {LOG_AUTH,   LOG_AUTHPRIV, LOG_CRON,   LOG_DAEMON, LOG_KERN,
                                 LOG_LOCAL0, LOG_LOCAL1,   LOG_LOCAL2, LOG_LOCAL3, LOG_LOCAL4,
                                 LOG_LOCAL5, LOG_LOCAL6,   LOG_LOCAL7, LOG_LPR,    LOG_MAIL,
                                 LOG_NEWS,   LOG_SYSLOG,   LOG_USER,   LOG_UUCP};

int log_facility(const char *name)
{
    for (size_t i = 0; log_facility_names[i]; i++)
        if (strcmp(name, log_facility_names[i]) == 0)
            return facilities[i];
    return -1;
}

const char *log_facility_name(int facility)
{
    for (size_t i = 0; log_facility_names[i]; i++)
        if (facilities[i] == facility)
            return log_facility_names[i];
    return NULL;
}

_Atomic enum log_level log_threshold = LOG_LEVEL_NOTICE;

#define QUIET_NS      NS_PER_S /* after so long without a line a flood has ended */
#define MOMENT_NS     (50 * NS_PER_MS)
#define SYSLOG_SOCKET "/dev/log"

enum log_state {
    STATE_DIRECT,  /* no thread: the caller writes */
    STATE_RUNNING, /* the thread writes */
    STATE_STOPPING,
    STATE_LOST /* the thread hangs in a write: nothing can be written any more */
};

/* In place of a level: a line for a person. */
enum { LEVEL_PERSON = 255 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work;     /* for the thread: lines, or the end */
    pthread_cond_t progress; /* for those who wait: a line is written, or the thread has ended */
    pthread_t thread;
    enum log_state state;
    struct log_options options;

    bool watched;      /* on a terminal: the time is that since the start */
    uint64_t start_ns; /* of it */

    struct log_ring ring;
    struct log_limit limit;
    uint64_t written; /* position in the ring: behind its tail while the thread writes */
    uint64_t dropped; /* lines that no one has seen, not yet reported */
    bool failing;     /* the last write failed: reporting waits until one succeeds */
    bool ended;
} logger = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Under the lock. */
static void push(unsigned level, uint64_t lines, const char *line, size_t length)
{
    struct log_record record = {lines, (unsigned short)length, (unsigned char)level};

    if (log_ring_push(&logger.ring, &record, line))
        pthread_cond_signal(&logger.work);
    else
        logger.dropped += lines;
}

static size_t format_now(char line[LOG_LINE_SIZE], const struct log_event *event)
{
    char stamp[LOG_STAMP_SIZE];
    struct timespec now;
    /* syslog puts its own time in front of a text; a JSON object stays complete. */
    bool stamped =
        logger.options.target == LOG_TARGET_STDERR || logger.options.format == LOG_FORMAT_JSON;

    if (logger.watched) {
        log_line_stamp_since(stamp, clock_now_ns() - logger.start_ns);
    } else {
        clock_gettime(CLOCK_REALTIME, &now);
        log_line_stamp(stamp, &now);
    }
    return log_line_format(line, logger.options.format, stamped ? stamp : NULL, event);
}

/* Under the lock. The line stands where the lost ones would have stood. */
static void report_dropped(void)
{
    const struct log_field fields[] = {LOG_NUMBER("lines", logger.dropped)};
    const struct log_event event = {LOG_LEVEL_WARNING, "log-dropped", fields, 1, 0};
    char line[LOG_LINE_SIZE];
    size_t length = format_now(line, &event);
    uint64_t dropped = logger.dropped;

    logger.dropped = 0;
    push(LOG_LEVEL_WARNING, dropped, line, length);
}

/* Under the lock. Says what was suppressed of events that have gone quiet, or of all. */
static void report_suppressed(bool all)
{
    char line[LOG_LINE_SIZE];
    struct log_event event;

    while (log_limit_take(&logger.limit, all ? 0 : QUIET_NS, clock_now_ns(), &event))
        push(event.level, event.suppressed, line, format_now(line, &event));
}

/* All bytes to standard error, however long it takes: 0 or -1. The descriptor is shared with
 * whoever started us, so its flags are left alone; EAGAIN comes if somebody else has set
 * O_NONBLOCK. */
static int write_stderr(const char *bytes, size_t length)
{
    while (length) {
        ssize_t count = write(STDERR_FILENO, bytes, length);

        if (count >= 0) {
            bytes += count;
            length -= (size_t)count;
        } else if (errno == EAGAIN) {
            poll(&(struct pollfd){.fd = STDERR_FILENO, .events = POLLOUT}, 1, -1);
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

static int write_line(unsigned level, const char *line, size_t length)
{
    static const int priorities[] = {LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG};

    if (level == LEVEL_PERSON || logger.options.target == LOG_TARGET_STDERR)
        return write_stderr(line, length);
    /* The library says nothing of a line that it cannot hand over, so this is all we can know. */
    if (access(SYSLOG_SOCKET, W_OK) < 0)
        return -1;
    syslog(priorities[level], "%.*s", (int)length - 1, line);
    return 0;
}

/* Sleeps until there is something to do. Under the lock. */
static void wait_for_work(void)
{
    struct timespec until;

    if (!log_limit_is_waiting(&logger.limit)) {
        pthread_cond_wait(&logger.work, &logger.lock);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += QUIET_NS / NS_PER_S;
    pthread_cond_timedwait(&logger.work, &logger.lock, &until);
}

static void *write_lines(void *unused)
{
    char line[LOG_LINE_SIZE];
    struct log_record record;
    int result;

    pthread_mutex_lock(&logger.lock);
    for (;;) {
        if (log_ring_pop(&logger.ring, &record, line)) {
            pthread_mutex_unlock(&logger.lock);
            result = write_line(record.level, line, record.length);
            pthread_mutex_lock(&logger.lock);
            logger.written = logger.ring.tail;
            logger.failing = result < 0;
            logger.dropped += logger.failing ? record.lines : 0;
            pthread_cond_signal(&logger.progress);
            continue;
        }
        report_suppressed(logger.state == STATE_STOPPING);
        if (logger.dropped && !logger.failing)
            report_dropped();
        if (log_ring_used(&logger.ring))
            continue;
        if (logger.state == STATE_STOPPING)
            break;
        wait_for_work();
    }
    logger.ended = true;
    pthread_cond_signal(&logger.progress);
    pthread_mutex_unlock(&logger.lock);
    return unused;
}

int log_start(const struct log_options *options, struct reason *why)
{
    pthread_condattr_t attributes;
    sigset_t all, before;
    int code;

    log_set_level(options->level);
    /* A log that is not there yet is no reason not to serve: said where it can be said. */
    if (options->target == LOG_TARGET_SYSLOG && access(SYSLOG_SOCKET, W_OK) < 0)
        LOG(LOG_LEVEL_WARNING, "syslog-missing", LOG_TEXT("socket", SYSLOG_SOCKET),
            LOG_TEXT("why", strerror(errno)));
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&logger.work, &attributes);
    pthread_cond_init(&logger.progress, &attributes);
    pthread_condattr_destroy(&attributes);
    logger.options = *options;
    logger.watched = options->target == LOG_TARGET_STDERR && options->format == LOG_FORMAT_TEXT &&
                     isatty(STDERR_FILENO);
    logger.start_ns = clock_now_ns();
    logger.ring.head = logger.ring.tail = logger.written = logger.dropped = 0;
    logger.failing = logger.ended = false;
    logger.limit.count = 0;
    logger.state = STATE_RUNNING;
    /* LOG_NDELAY: the socket is open before a sandbox closes in. */
    if (options->target == LOG_TARGET_SYSLOG)
        openlog(options->program, LOG_PID | LOG_NDELAY, options->facility);

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    code = pthread_create(&logger.thread, NULL, write_lines, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (code == 0)
        return 0;
    logger.state = STATE_DIRECT;
    return reason_errno(why, code, "start the log's thread");
}

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&log_threshold, level, memory_order_relaxed);
}

/* Waits until one more line is written or the thread ends. Under the lock. */
static int wait_for_progress(uint64_t patience_ns)
{
    uint64_t deadline_ns = clock_now_ns() + patience_ns;
    struct timespec until = {(time_t)(deadline_ns / NS_PER_S), (long)(deadline_ns % NS_PER_S)};
    uint64_t written = logger.written;
    int code = 0;

    while (!logger.ended && logger.written == written && code == 0)
        code = pthread_cond_timedwait(&logger.progress, &logger.lock, &until);
    return code;
}

/* Stopped by ^S, or a pseudo-terminal whose other end is not read. */
static bool terminal_stands_still(void)
{
    struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};

    return isatty(STDERR_FILENO) && poll(&room, 1, 0) == 0;
}

void log_flush(uint64_t patience_ns)
{
    uint64_t deadline_ns = clock_now_ns() + patience_ns, now_ns = clock_now_ns(), head;

    pthread_mutex_lock(&logger.lock);
    head = logger.ring.head;
    while (logger.state == STATE_RUNNING && logger.written < head && now_ns < deadline_ns) {
        (void)!wait_for_progress(deadline_ns - now_ns);
        now_ns = clock_now_ns();
    }
    pthread_mutex_unlock(&logger.lock);
}

void log_stop(uint64_t patience_ns)
{
    uint64_t waited_ns = 0;
    bool ended;

    pthread_mutex_lock(&logger.lock);
    if (logger.state != STATE_RUNNING) {
        pthread_mutex_unlock(&logger.lock);
        return;
    }
    logger.state = STATE_STOPPING;
    pthread_cond_signal(&logger.work);
    while (!logger.ended && waited_ns < patience_ns) {
        if (wait_for_progress(MOMENT_NS) == 0)
            waited_ns = 0;
        else if (terminal_stands_still())
            break;
        else
            waited_ns += MOMENT_NS;
    }
    ended = logger.ended;
    logger.state = ended ? STATE_DIRECT : STATE_LOST;
    pthread_mutex_unlock(&logger.lock);
    if (!ended) {
        pthread_detach(logger.thread);
        return;
    }
    pthread_join(logger.thread, NULL);
    if (logger.options.target == LOG_TARGET_SYSLOG)
        closelog();
}

void log_for_person(const char *line)
{
    bool direct;

    pthread_mutex_lock(&logger.lock);
    direct = logger.state == STATE_DIRECT;
    if (!direct)
        push(LEVEL_PERSON, 0, line, strlen(line));
    pthread_mutex_unlock(&logger.lock);
    if (direct)
        write_stderr(line, strlen(line));
}

static void write_event(enum log_level level, const char *event, const struct log_field *fields,
                        size_t count, bool limited)
{
    struct log_event line_event = {level, event, fields, count, 0};
    char line[LOG_LINE_SIZE];
    bool admitted;
    enum log_state state;

    pthread_mutex_lock(&logger.lock);
    state = logger.state;
    admitted = state == STATE_RUNNING || state == STATE_STOPPING;
    if (admitted && limited) {
        admitted = log_limit_admit(&logger.limit, &line_event, clock_now_ns());
        /* The thread sleeps without limit while nothing is suppressed. */
        if (!admitted && line_event.suppressed == 1)
            pthread_cond_signal(&logger.work);
    }
    pthread_mutex_unlock(&logger.lock);

    if (state == STATE_DIRECT) {
        write_stderr(line, format_now(line, &line_event));
    } else if (admitted) {
        size_t length = format_now(line, &line_event);

        pthread_mutex_lock(&logger.lock);
        /* Half a ring of room: else a reader just as slow as we are would read nothing but this. */
        if (logger.dropped && !logger.failing && log_ring_used(&logger.ring) <= LOG_RING_SIZE / 2)
            report_dropped();
        push(level, 1 + line_event.suppressed, line, length);
        pthread_mutex_unlock(&logger.lock);
    }
}

void log_event(enum log_level level, const char *event, const struct log_field *fields,
               size_t count)
{
    write_event(level, event, fields, count, true);
}

void log_answer(const char *event, const struct log_field *fields, size_t count)
{
    write_event(LOG_LEVEL_NOTICE, event, fields, count, false);
}
