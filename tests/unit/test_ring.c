/* SPDX-License-Identifier: ISC */
#include "bench/engine/ring.h"
#include "lib/testing.h"

/* From every position a whole span can be read, and it is the stream that goes round. */
static void ring(void **state)
{
    static struct ring one;
    unsigned position = ring_start(1), last = RING_PERIOD - RING_SPAN / 2;
    struct pattern pattern;

    (void)state;
    pattern_init(&pattern, 1, 0);
    ring_fill(&one, &pattern);
    assert_memory_equal(one.bytes, one.bytes + RING_PERIOD, RING_SPAN);
    for (unsigned i = 0; i < 20; i++) {
        unsigned next = ring_after(position, RING_SPAN);

        assert_true(next < RING_PERIOD);
        assert_int_equal((position + RING_SPAN) % RING_PERIOD, next);
        position = next;
    }
    for (unsigned factor = 2; factor * factor <= RING_PERIOD; factor++)
        assert_true(RING_PERIOD % factor);
    /* As many connections as there are places begin at as many places. */
    for (unsigned i = 1; i < RING_PERIOD; i++)
        assert_true(ring_start(i) != ring_start(0));
    for (unsigned i = 1; i < 100; i++)
        assert_in_range((ring_start(i) + RING_PERIOD - ring_start(0)) % RING_PERIOD, 1000,
                        RING_PERIOD - 1000);
    assert_int_equal(ring_find(&one, one.bytes + 4711, 8), 4711);
    assert_int_equal(ring_find(&one, one.bytes + last, RING_SPAN), last);
    assert_int_equal(ring_find(&one, "nowhere!", 8), RING_PERIOD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ring)};

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
