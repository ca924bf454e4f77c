/* SPDX-License-Identifier: ISC */
#include "server/relay.h"

#include "base/log.h"
#include "base/seam.h"
#include "transport/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Kept out of the way of every message, so that it needs no stack frame: 25 instructions less. */
#define APART __attribute__((noinline, cold))

enum {
    BULK_READS = 4,   /* so many thick reads in a row make a bulk transfer */
    BULK_CREDIT = 16, /* and so many thin ones end it */
    QUIET_READS = 32, /* only after so many thick ones while nothing thin came to any stream */
    BULK_FACTOR = 8   /* so many buffers go through a pipe at once while the client takes them */
};

/* Whether that much at once speaks of bulk. A full buffer would be too much to ask: TCP over
 * loopback brings 65483 bytes at a time to a server that is faster than its client. */
static inline bool is_thick(const struct relay *relay, size_t count)
{
    return count >= relay->size / 2;
}

/* A message whose sender waits for its echo, rather than a piece of a transfer. */
static inline bool is_thin(const struct relay *relay, size_t count)
{
    return count < relay->size / 16;
}

int relay_init(struct relay *relay, size_t size, unsigned pipe_limit, struct reason *why)
{
    *relay = (struct relay){.size = size, .capacity = size, .pipes.limit = pipe_limit};
    relay->buffer = seam_allocate(size);
    return relay->buffer ? 0 : reason_errno(why, ENOMEM, "buffer of a worker");
}

int relay_resize(struct relay *relay, size_t size)
{
    unsigned char *buffer;

    if (size > relay->capacity) {
        buffer = seam_allocate(size);
        if (!buffer)
            return -1;
        free(relay->buffer);
        relay->buffer = buffer;
        relay->capacity = size;
    }
    relay->size = size;
    return 0;
}

void relay_release(struct relay *relay)
{
    pipes_release(&relay->pipes);
    free(relay->buffer);
    *relay = (struct relay){0};
}

/* A send came back: counts it and says whether more may follow at once. */
static bool sent(struct stream *stream, ssize_t count)
{
    if (count > 0) {
        echo_returned(&stream->echo, (size_t)count);
        return true;
    }
    if (count != -EAGAIN)
        stream_fail(stream, count);
    return false;
}

/* One step of a socket's life, for those who watch with -v; way is NULL or how it was done. */
APART static void trace(const struct stream *stream, const char *step, ssize_t result,
                        const char *way)
{
    const char *failed = NULL, *end = NULL;

    if (result == -EAGAIN)
        return;
    if (result < 0)
        failed = strerror((int)-result);
    else if (result == 0)
        end = "the client sends no more";
    LOG(LOG_LEVEL_INFO, step, LOG_NUMBER("fd", (uint64_t)stream->fd),
        LOG_NUMBER("bytes", result < 0 ? 0 : (uint64_t)result), LOG_TEXT("by", way),
        LOG_TEXT("end", end), LOG_TEXT("failed", failed));
}

/* The client has not taken all. A line of its own class: a flood of sends must not suppress it. */
APART static void stall(const struct relay *relay, struct stream *stream)
{
    stream->stalls++;
    if (relay->trace)
        LOG(LOG_LEVEL_INFO, "wait", LOG_NUMBER("fd", (uint64_t)stream->fd),
            LOG_NUMBER("bytes", echo_held(&stream->echo)),
            LOG_TEXT("for", "the client, which does not read as fast as it sends"));
}

/* Counts a thick read. Whether a pipe may be used: one turn through a pipe moves eight buffers, and
 * whoever has a message waits for it, longer than for one buffer that is copied. */
static bool is_quiet(struct relay *relay)
{
    if (relay->thin != relay->thin_seen)
        relay->quiet = 0;
    relay->thin_seen = relay->thin;
    if (relay->quiet < QUIET_READS)
        relay->quiet++;
    return relay->quiet == QUIET_READS;
}

/* What is done with a message that went the usual way, but is not the usual message: a thick read,
 * bytes that the client did not take, somebody who watches. */
APART static void copied(struct relay *relay, struct stream *stream, size_t count, ssize_t back)
{
    if (relay->trace) {
        trace(stream, "receive", (ssize_t)count, NULL);
        trace(stream, "send", back, NULL);
    }
    echo_received(&stream->echo, count);
    if (back != (ssize_t)count) {
        sent(stream, back);
        if (stream->echo.phase == ECHO_CLOSED)
            return;
        stall(relay, stream);
        stream_hold(stream, relay->buffer, count);
        return;
    }
    echo_returned(&stream->echo, count);
    relay->thin += is_thin(relay, count);
    if (!is_thick(relay, count))
        stream->thick = 0;
    else if ((is_quiet(relay) || stream->thick < BULK_READS - 1) && !stream->no_splice)
        stream->thick++;
}

/* recv(2) brought no bytes. */
APART static void nothing_came(struct relay *relay, struct stream *stream, ssize_t count)
{
    if (relay->trace && count != -EAGAIN)
        trace(stream, "receive", count, NULL);
    if (count == 0)
        echo_ended(&stream->echo);
    else if (count != -EAGAIN)
        stream_fail(stream, count);
}

/* Whether splice(2) refuses to serve such a socket or such a kernel, so that copying may do.
 * Anything else is about the connection, and told only once: the next recv(2) would see an end. */
static bool is_refused(ssize_t code)
{
    return code == -EINVAL || code == -ENOSYS || code == -EPERM || code == -EOPNOTSUPP ||
           code == -ENOMEM;
}

/* Bytes in the pipe that splice(2) refuses to send: back into memory. */
static void unpipe(struct relay *relay, struct stream *stream)
{
    size_t length = (size_t)echo_held(&stream->echo);
    size_t filled = 0;

    stream->no_splice = true;
    stream->held = malloc(length);
    stream->offset = 0;
    while (stream->held && filled < length) {
        ssize_t count = read(stream->pipe->out, stream->held + filled, length - filled);

        if (count <= 0)
            break;
        filled += (size_t)count;
    }
    if (filled < length) {
        stream_fail(stream, -ENOMEM);
        return;
    }
    pipes_return(&relay->pipes, stream->pipe);
    stream->pipe = NULL;
}

static bool return_held(struct relay *relay, struct stream *stream)
{
    size_t length = (size_t)echo_held(&stream->echo);
    ssize_t count;

    if (stream->pipe) {
        count = io_splice(stream->pipe->out, stream->fd, length);
        if (is_refused(count)) {
            unpipe(relay, stream);
            return stream->echo.phase != ECHO_CLOSED;
        }
    } else {
        count = io_send(stream->fd, stream->held + stream->offset, length);
    }
    if (relay->trace)
        trace(stream, "send", count, stream->pipe ? "splice" : NULL);
    if (!sent(stream, count))
        return false;
    stream->offset += (uint32_t)count;
    if (echo_held(&stream->echo) == 0) {
        free(stream->held);
        stream->held = NULL;
        if (stream->pipe)
            pipes_return(&relay->pipes, stream->pipe);
        stream->pipe = NULL;
    }
    return true;
}

/* A longer splice costs less for each byte (measured, of a copying loop: Unix 0.57 instead of 0.67
 * with one buffer; TCP with eight buffers 0.37 instead of 0.6 with four). It begins with one
 * buffer, and grows only when the client has taken that: so a connection that does not read holds
 * one buffer, as the settings promise. */
static size_t bulk_length(const struct relay *relay, const struct stream *stream)
{
    return stream->thick > BULK_READS ? BULK_FACTOR * relay->size : relay->size;
}

/* From the socket into a pipe and back without a copy. When nothing came, that is the end of the
 * stream, an urgent byte (which splice(2) stops before) or an empty socket, and only recv(2) tells
 * these apart: the next turn copies, and so it does when there is no pipe or splice is refused. */
static void splice_in(struct relay *relay, struct stream *stream)
{
    struct pipes_pipe *pipe;
    ssize_t count;

    if (!is_quiet(relay)) {
        stream->thick = BULK_READS - 1;
        return;
    }
    pipe = pipes_take(&relay->pipes);
    if (!pipe) {
        stream->thick = 0;
        return;
    }
    count = io_splice(stream->fd, pipe->in, bulk_length(relay, stream));
    if (relay->trace && count > 0)
        trace(stream, "receive", count, "splice");
    if (count <= 0) {
        pipes_return(&relay->pipes, pipe);
        stream->no_splice = is_refused(count);
        stream->thick = 0;
        if (count < 0 && count != -EAGAIN && !stream->no_splice) {
            if (relay->trace)
                trace(stream, "receive", count, "splice");
            stream_fail(stream, count);
        }
        return;
    }
    echo_received(&stream->echo, (size_t)count);
    stream->pipe = pipe;
    if ((size_t)count >= relay->size / 4)
        stream->thick = BULK_CREDIT;
    else if (--stream->thick < BULK_READS)
        stream->thick = 0;
    while (echo_held(&stream->echo) && return_held(relay, stream))
        continue;
    if (echo_held(&stream->echo) && stream->echo.phase != ECHO_CLOSED)
        stall(relay, stream);
}

static bool discard(struct relay *relay, struct stream *stream)
{
    ssize_t count = io_receive(stream->fd, relay->buffer, relay->size);

    if (count > 0) {
        stream->discarded += (uint32_t)count;
        return (size_t)count == relay->size;
    }
    nothing_came(relay, stream, count);
    return false;
}

static void half_close(struct relay *relay, struct stream *stream)
{
    int status = io_half_close(stream->fd);

    if (relay->trace)
        LOG(LOG_LEVEL_INFO, "half-close", LOG_NUMBER("fd", (uint64_t)stream->fd));
    if (status < 0)
        stream_fail(stream, status);
    else
        echo_half_closed(&stream->echo);
}

/* Everything but the plain copying of an open conversation. */
APART static unsigned turn_slowly(struct relay *relay, struct stream *stream, unsigned wants)
{
    /* Four steps are enough for return, half-close, discard, end; more waits for the next turn. */
    for (int step = 0; step < 4 && !(wants & ECHO_CLOSE); step++) {
        unsigned before = wants;
        bool moved = false;

        if (wants & ECHO_RECEIVE)
            splice_in(relay, stream);
        if (wants & ECHO_RETURN)
            moved = return_held(relay, stream);
        if (wants & ECHO_DISCARD)
            moved |= discard(relay, stream);
        if (wants & ECHO_HALF_CLOSE)
            half_close(relay, stream);
        wants = echo_wants(&stream->echo);
        if (wants == ECHO_RECEIVE || (wants == before && !moved))
            break;
    }
    return wants;
}

unsigned relay_turn(struct relay *relay, struct stream *stream)
{
    unsigned wants = echo_wants(&stream->echo);

    /* The way of every message: recv and send through the shared buffer. */
    if (__builtin_expect(wants == ECHO_RECEIVE && stream->thick < BULK_READS, 1)) {
        ssize_t count = io_receive(stream->fd, relay->buffer, relay->size);

        if (__builtin_expect(count > 0, 1)) {
            ssize_t back = io_send(stream->fd, relay->buffer, (size_t)count);

            if (__builtin_expect(back == count && !is_thick(relay, (size_t)count) && !relay->trace,
                                 1)) {
                echo_received(&stream->echo, (size_t)count);
                echo_returned(&stream->echo, (size_t)count);
                stream->thick = 0;
                relay->thin += is_thin(relay, (size_t)count);
                return ECHO_RECEIVE;
            }
            copied(relay, stream, (size_t)count, back);
        } else {
            nothing_came(relay, stream, count);
        }
        wants = echo_wants(&stream->echo);
        if (wants == ECHO_RECEIVE || wants == ECHO_RETURN)
            return wants;
    }
    return turn_slowly(relay, stream, wants);
}
