/* SPDX-License-Identifier: ISC */
#include "base/log.h"

#include "base/clock.h"

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

enum log_level log_threshold = LOG_LEVEL_NOTICE;

#define RING_SIZE     (128 * 1024) /* a burst of every class fits */
#define CLASSES_MAX   64           /* more share the last one */
#define QUIET_NS      NS_PER_S     /* after so long without a line a flood has ended */
#define MOMENT_NS     (50 * NS_PER_MS)
#define SYSLOG_SOCKET "/dev/log"

enum log_state {
    STATE_DIRECT,  /* no thread: the caller writes */
    STATE_RUNNING, /* the thread writes */
    STATE_STOPPING,
    STATE_LOST /* the thread hangs in a write: nothing can be written any more */
};

/* The lines of one event, limited by a token bucket. */
struct log_class {
    const char *name;
    enum log_level level;
    uint64_t tokens_ns; /* time saved up; a line costs NS_PER_S / LOG_RATE */
    uint64_t filled_ns;
    uint64_t seen_ns;
    uint64_t suppressed;
};

/* In place of a level: a line for a person. */
enum { LEVEL_PERSON = 255 };

struct record {
    uint64_t lines; /* lost with it: itself and those whose suppression or loss it tells */
    unsigned short length;
    unsigned char level;
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work;     /* for the thread: lines, or the end */
    pthread_cond_t progress; /* for those who wait: a line is written, or the thread has ended */
    pthread_t thread;
    enum log_state state;
    struct log_options options;

    bool watched;      /* on a terminal: the time is that since the start */
    uint64_t start_ns; /* of it */

    /* Positions only grow; the place in the ring is the position modulo its size. written is behind
     * tail while the thread writes. */
    uint64_t head, tail, written;
    uint64_t dropped; /* lines that no one has seen, not yet reported */
    bool failing;     /* the last write failed: reporting waits until one succeeds */
    bool ended;

    struct log_class classes[CLASSES_MAX];
    size_t class_count;
    unsigned char ring[RING_SIZE];
} logger = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void ring_copy_in(uint64_t position, const void *bytes, size_t length)
{
    size_t place = position % RING_SIZE;
    size_t first = length < RING_SIZE - place ? length : RING_SIZE - place;

    memcpy(logger.ring + place, bytes, first);
    memcpy(logger.ring, (const unsigned char *)bytes + first, length - first);
}

static void ring_copy_out(uint64_t position, void *bytes, size_t length)
{
    size_t place = position % RING_SIZE;
    size_t first = length < RING_SIZE - place ? length : RING_SIZE - place;

    memcpy(bytes, logger.ring + place, first);
    memcpy((unsigned char *)bytes + first, logger.ring, length - first);
}

/* Under the lock. */
static void ring_push(unsigned level, uint64_t lines, const char *line, size_t length)
{
    struct record record = {lines, (unsigned short)length, (unsigned char)level};

    if (sizeof record + length > RING_SIZE - (logger.head - logger.tail)) {
        logger.dropped += lines;
        return;
    }
    ring_copy_in(logger.head, &record, sizeof record);
    ring_copy_in(logger.head + sizeof record, line, length);
    logger.head += sizeof record + length;
    pthread_cond_signal(&logger.work);
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
    ring_push(LOG_LEVEL_WARNING, dropped, line, length);
}

static struct log_class *class_find(const char *name)
{
    struct log_class *found;

    for (size_t i = 0; i < logger.class_count; i++)
        if (strcmp(logger.classes[i].name, name) == 0)
            return &logger.classes[i];
    if (logger.class_count == CLASSES_MAX)
        return &logger.classes[CLASSES_MAX - 1];
    found = &logger.classes[logger.class_count++];
    *found = (struct log_class){.name = name, .tokens_ns = NS_PER_S / LOG_RATE * LOG_BURST};
    found->filled_ns = clock_now_ns();
    return found;
}

/* Whether one more line of the class may be written now. */
static bool class_admits(struct log_class *class, enum log_level level)
{
    const uint64_t cost = NS_PER_S / LOG_RATE;
    uint64_t now = clock_now_ns();

    class->tokens_ns += now - class->filled_ns;
    if (class->tokens_ns > cost * LOG_BURST)
        class->tokens_ns = cost * LOG_BURST;
    class->filled_ns = now;
    class->seen_ns = now;
    class->level = level;
    if (class->tokens_ns < cost) {
        /* The thread sleeps without limit while nothing is suppressed. */
        if (class->suppressed++ == 0)
            pthread_cond_signal(&logger.work);
        return false;
    }
    class->tokens_ns -= cost;
    return true;
}

/* Under the lock. Says what was suppressed in classes that have gone quiet (or in all of them).
 * Returns whether some class still waits for that. */
static bool report_suppressed(bool all)
{
    uint64_t now = clock_now_ns();
    char line[LOG_LINE_SIZE];
    bool waiting = false;

    for (size_t i = 0; i < logger.class_count; i++) {
        struct log_class *class = &logger.classes[i];
        struct log_event event = {class->level, class->name, NULL, 0, class->suppressed};

        if (!class->suppressed)
            continue;
        if (!all && now - class->seen_ns < QUIET_NS) {
            waiting = true;
            continue;
        }
        class->suppressed = 0;
        ring_push(class->level, event.suppressed, line, format_now(line, &event));
    }
    return waiting;
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
static void wait_for_work(bool suppressed)
{
    struct timespec until;

    if (!suppressed) {
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
    struct record record;
    bool waiting;
    int result;

    pthread_mutex_lock(&logger.lock);
    for (;;) {
        if (logger.head != logger.tail) {
            ring_copy_out(logger.tail, &record, sizeof record);
            ring_copy_out(logger.tail + sizeof record, line, record.length);
            logger.tail += sizeof record + record.length;
            pthread_mutex_unlock(&logger.lock);
            result = write_line(record.level, line, record.length);
            pthread_mutex_lock(&logger.lock);
            logger.written = logger.tail;
            logger.failing = result < 0;
            logger.dropped += logger.failing ? record.lines : 0;
            pthread_cond_signal(&logger.progress);
            continue;
        }
        waiting = report_suppressed(logger.state == STATE_STOPPING);
        if (logger.dropped && !logger.failing)
            report_dropped();
        if (logger.head != logger.tail)
            continue;
        if (logger.state == STATE_STOPPING)
            break;
        wait_for_work(waiting);
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
    logger.head = logger.tail = logger.written = logger.dropped = 0;
    logger.failing = logger.ended = false;
    logger.class_count = 0;
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
    __atomic_store_n(&log_threshold, level, __ATOMIC_RELAXED);
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
    head = logger.head;
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
        ring_push(LEVEL_PERSON, 0, line, strlen(line));
    pthread_mutex_unlock(&logger.lock);
    if (direct)
        write_stderr(line, strlen(line));
}

static void write_event(enum log_level level, const char *event, const struct log_field *fields,
                        size_t count, bool limited)
{
    struct log_event line_event = {level, event, fields, count, 0};
    struct log_class *class;
    char line[LOG_LINE_SIZE];
    bool admitted;
    enum log_state state;

    pthread_mutex_lock(&logger.lock);
    state = logger.state;
    admitted = state == STATE_RUNNING || state == STATE_STOPPING;
    if (admitted && limited) {
        class = class_find(event);
        admitted = class_admits(class, level);
        if (admitted) {
            line_event.suppressed = class->suppressed;
            class->suppressed = 0;
        }
    }
    pthread_mutex_unlock(&logger.lock);

    if (state == STATE_DIRECT) {
        write_stderr(line, format_now(line, &line_event));
    } else if (admitted) {
        size_t length = format_now(line, &line_event);

        pthread_mutex_lock(&logger.lock);
        /* Half a ring of room: else a reader just as slow as we are would read nothing but this. */
        if (logger.dropped && !logger.failing && logger.head - logger.tail <= RING_SIZE / 2)
            report_dropped();
        ring_push(level, 1 + line_event.suppressed, line, length);
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
