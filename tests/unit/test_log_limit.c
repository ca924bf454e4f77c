/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "base/log_limit.h"
#include "base/log_ring.h"
#include "lib/testing.h"

static struct log_limit limit;
static struct log_ring ring;

static bool admit(const char *name, uint64_t now_ns, uint64_t *suppressed)
{
    struct log_event event = {.level = LOG_LEVEL_INFO, .name = name};
    bool admitted = log_limit_admit(&limit, &event, now_ns);

    *suppressed = event.suppressed;
    return admitted;
}

/* A burst, then the rate; the first line that is let through again says what it stands for. */
static void bucket(void **state)
{
    uint64_t now_ns = 5 * NS_PER_S, suppressed;
    struct log_event event;

    (void)state;
    limit = (struct log_limit){0};
    for (unsigned i = 0; i < LOG_BURST; i++)
        assert_true(admit("one", now_ns, &suppressed) && suppressed == 0);
    assert_false(log_limit_is_waiting(&limit));
    for (unsigned i = 1; i <= 3; i++)
        assert_true(!admit("one", now_ns, &suppressed) && suppressed == i);
    assert_true(admit("two", now_ns, &suppressed) && suppressed == 0);
    assert_true(log_limit_is_waiting(&limit));

    now_ns += NS_PER_S / LOG_RATE;
    assert_true(admit("one", now_ns, &suppressed) && suppressed == 3);
    assert_false(log_limit_is_waiting(&limit));
    assert_true(!admit("one", now_ns, &suppressed) && suppressed == 1);

    assert_false(log_limit_take(&limit, NS_PER_S, now_ns + NS_PER_S - 1, &event));
    assert_true(log_limit_take(&limit, NS_PER_S, now_ns + NS_PER_S, &event));
    assert_string_equal(event.name, "one");
    assert_int_equal(event.level, LOG_LEVEL_INFO);
    assert_int_equal(event.suppressed, 1);
    assert_false(log_limit_take(&limit, 0, now_ns + NS_PER_S, &event));

    /* However long it was quiet, no more than a burst is saved up. */
    now_ns += 1000 * NS_PER_S;
    for (unsigned i = 0; i < LOG_BURST; i++)
        assert_true(admit("one", now_ns, &suppressed));
    assert_false(admit("one", now_ns, &suppressed));
}

/* Lines come out as they went in, wherever they lie; what does not fit changes nothing. */
static void queue(void **state)
{
    char line[LOG_LINE_SIZE], got[LOG_LINE_SIZE];
    struct log_record record;
    unsigned in = 0, out = 0;

    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        for (;; in++) {
            record = (struct log_record){in, (unsigned short)(1 + in * 37 % LOG_LINE_SIZE), 1};
            memset(line, (int)(in % 251), record.length);
            if (!log_ring_push(&ring, &record, line))
                break;
        }
        assert_true(log_ring_used(&ring) > LOG_RING_SIZE - LOG_LINE_SIZE - sizeof record);
        assert_true(log_ring_used(&ring) <= LOG_RING_SIZE);
        for (; out < in - round; out++) {
            assert_true(log_ring_pop(&ring, &record, got));
            assert_int_equal(record.lines, out);
            memset(line, (int)(out % 251), record.length);
            assert_int_equal(record.length, 1 + out * 37 % LOG_LINE_SIZE);
            assert_memory_equal(got, line, record.length);
        }
    }
    while (log_ring_pop(&ring, &record, got))
        out++;
    assert_int_equal(out, in);
}

/* The last byte is used, and not one more. */
static void brim(void **state)
{
    enum { EACH = 128 };
    struct log_record record = {1, EACH - sizeof record, 1}, more = {1, record.length + 1, 1};
    char line[EACH] = {0};

    (void)state;
    for (unsigned i = 1; i < LOG_RING_SIZE / EACH; i++)
        assert_true(log_ring_push(&ring, &record, line));
    assert_false(log_ring_push(&ring, &more, line));
    assert_true(log_ring_push(&ring, &record, line));
    assert_int_equal(log_ring_used(&ring), LOG_RING_SIZE);
    record.length = 0;
    assert_false(log_ring_push(&ring, &record, line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bucket),
        cmocka_unit_test(queue),
        cmocka_unit_test(brim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
