/* SPDX-License-Identifier: ISC */
#include "bench/engine/stream.h"

#include "base/clock.h"
#include "bench/engine/shard.h"
#include "transport/io.h"

#include <string.h>

#define SAMPLE_EVERY   16 /* --verify sample: one piece of so many is compared */
#define FOREIGN_LENGTH 8  /* so many bytes of another connection are no accident */
#define TIMED_EVERY    64 /* one comparison of so many is timed, to show what comparing costs */

/* Not part of the way of every message. */
#define APART          __attribute__((noinline, cold))

/* How many bytes of a piece of the stream count, where it may be a part. */
static uint64_t APART counted_part(const struct flow *flow, uint64_t start, uint64_t length)
{
    uint64_t low = start > flow->counted_begin ? start : flow->counted_begin;
    uint64_t high = start + length < flow->counted_end ? start + length : flow->counted_end;

    return high > low ? high - low : 0;
}

/* The same, mostly all or none. */
static inline uint64_t counted(const struct flow *flow, uint64_t start, uint64_t length)
{
    if (start >= flow->counted_begin && start + length <= flow->counted_end)
        return length;
    return counted_part(flow, start, length);
}

bool stream_flush(struct flow *flow)
{
    struct shard *shard = flow->shard;

    while (flow->sent < flow->queued) {
        uint64_t rest = flow->queued - flow->sent;
        size_t length = rest < RING_SPAN ? (size_t)rest : RING_SPAN;
        ssize_t count =
            io_send(flow->source.fd, shard->run->ring->bytes + flow->send_position, length);

        if (count == -EAGAIN) {
            flow_watch(flow, LOOP_READ | LOOP_WRITE);
            return false;
        }
        if (count < 0) {
            flow_fail(flow, reason_from_errno((int)-count), (int)-count);
            return false;
        }
        shard->tally->bytes_sent += counted(flow, flow->sent, (uint64_t)count);
        flow->sent += (uint64_t)count;
        flow->send_position = ring_after(flow->send_position, (size_t)count);
    }
    return true;
}

/* Whether bytes that differ were sent in this run, but no part of them on this connection: what is
 * lost, doubled or exchanged within its own stream is found there. */
static bool is_foreign(const struct flow *flow, const unsigned char *bytes, size_t length)
{
    unsigned found, distance;

    if (length < FOREIGN_LENGTH)
        return false;
    found = ring_find(flow->shard->run->ring, bytes, FOREIGN_LENGTH);
    distance = (found + RING_PERIOD - ring_start(flow->stream)) % RING_PERIOD;
    return found < RING_PERIOD && distance >= flow->sent && distance + FOREIGN_LENGTH < RING_PERIOD;
}

/* The piece at the front of the buffer differs from what was sent: finds where, and the word. Kept
 * apart, as the compiler would set up its verdict for every message. */
static enum reason_word APART name_difference(struct flow *flow, const unsigned char *sent,
                                              size_t length)
{
    struct shard *shard = flow->shard;
    struct verdict verdict = {.word = REASON_CORRUPT, .sent_length = 1, .got_length = 1};
    size_t equal = 0;

    while (sent[equal] == shard->buffer[equal])
        equal++;
    verdict.sent[0] = sent[equal];
    verdict.got[0] = shard->buffer[equal];
    flow->received += equal;
    shard->owed -= equal;
    if (is_foreign(flow, shard->buffer + equal, length - equal))
        verdict.word = REASON_FOREIGN;
    flow_note_difference(flow, verdict);
    return verdict.word;
}

/* Whether the piece at the front of the buffer equals what was sent: NONE, or the word for it. */
static enum reason_word compare_piece(struct flow *flow, size_t length)
{
    struct shard *shard = flow->shard;
    struct tally *tally = shard->tally;
    const unsigned char *sent = shard->run->ring->bytes + flow->receive_position;
    enum plan_verify verify = shard->plan->verify;
    unsigned piece = shard->pieces++;
    uint64_t began_ns;
    bool timed, differs;

    if (verify == PLAN_VERIFY_NONE || (verify == PLAN_VERIFY_SAMPLE && piece % SAMPLE_EVERY))
        return REASON_NONE;
    timed = piece % TIMED_EVERY == 0;
    began_ns = timed ? clock_now_ns() : 0;
    differs = memcmp(sent, shard->buffer, length) != 0;
    if (timed) {
        tally->compare_samples++;
        tally->compare_sample_bytes += length;
        tally->compare_sample_ns += clock_now_ns() - began_ns;
    }
    tally->compared_bytes += length;
    return differs ? name_difference(flow, sent, length) : REASON_NONE;
}

/* More came than was sent. */
static void APART fail_extra(struct flow *flow, uint64_t extra)
{
    struct verdict verdict = {.word = REASON_EXTRA, .extra = extra};

    flow_note_difference(flow, verdict);
    flow_fail(flow, REASON_EXTRA, 0);
}

size_t stream_receive(struct flow *flow)
{
    struct shard *shard = flow->shard;
    ssize_t count = io_receive(flow->source.fd, shard->buffer, RING_SPAN);
    uint64_t now_ns = clock_now_ns();
    uint64_t outstanding = flow->sent - flow->received;
    enum reason_word word;
    size_t due;

    if (count == -EAGAIN)
        return 0;
    if (count < 0) {
        flow_fail(flow, reason_from_errno((int)-count), (int)-count);
        return 0;
    }
    if (count == 0) {
        flow_fail(flow, flow_owed(flow) && flow->received ? REASON_TRUNCATED : REASON_EOF, 0);
        return 0;
    }
    due = (uint64_t)count < outstanding ? (size_t)count : (size_t)outstanding;
    word = compare_piece(flow, due);
    if (word != REASON_NONE) {
        flow_fail(flow, word, 0);
        return 0;
    }
    if (due < (size_t)count) {
        fail_extra(flow, (uint64_t)count - outstanding);
        return 0;
    }
    shard->tally->bytes_received += counted(flow, flow->received, (uint64_t)count);
    flow->received += (uint64_t)count;
    flow->receive_position = ring_after(flow->receive_position, (size_t)count);
    flow->progress_ns = now_ns;
    shard->owed -= (uint64_t)count;
    if (shard_counts(shard, now_ns))
        shard->tally->bytes_in_time += (uint64_t)count;
    return (size_t)count;
}
