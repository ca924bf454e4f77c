/* SPDX-License-Identifier: ISC */
#include "base/clock.h"
#include "lib/testing.h"
#include "measure/compare.h"

#define LENGTH 600
#define WINDOW 37

/* How a bad peer changes the stream before it goes into pieces. */
enum fault { EXACT, DROPPED, DOUBLED, CHANGED, EXCHANGED, CUT, NOTHING, LONGER };

static size_t distort(enum fault fault, unsigned char *bytes, size_t length, size_t at)
{
    switch (fault) {
    case DROPPED:
        memmove(bytes + at, bytes + at + 1, length - at - 1);
        return length - 1;
    case DOUBLED:
        memmove(bytes + at + 1, bytes + at, length - at);
        return length + 1;
    case CHANGED:
        bytes[at] ^= 1;
        return length;
    case EXCHANGED: {
        unsigned char block[8];

        memcpy(block, bytes + at, 8);
        memcpy(bytes + at, bytes + at + 8, 8);
        memcpy(bytes + at + 8, block, 8);
        return length;
    }
    case CUT:
        return at;
    case NOTHING:
        return 0;
    case LONGER:
        memset(bytes + length, 'x', 17);
        return length + 17;
    case EXACT:
        break;
    }
    return length;
}

static const struct {
    enum fault fault;
    size_t at;
    enum reason_word word;
    uint64_t offset;
} faults[] = {
    {EXACT, 0, REASON_NONE, LENGTH},     {DROPPED, 100, REASON_CORRUPT, 100},
    {DOUBLED, 100, REASON_CORRUPT, 101}, {CHANGED, 0, REASON_CORRUPT, 0},
    {CHANGED, 299, REASON_CORRUPT, 299}, {CHANGED, LENGTH - 1, REASON_CORRUPT, LENGTH - 1},
    {EXCHANGED, 64, REASON_CORRUPT, 64}, {CUT, 599, REASON_TRUNCATED, 599},
    {CUT, 1, REASON_TRUNCATED, 1},       {NOTHING, 0, REASON_EOF, 0},
    {LONGER, 0, REASON_EXTRA, LENGTH},
};

/* Sends the stream while there is room and hands back what the bad peer made of it. */
static void converse(struct compare *compare, const unsigned char *stream,
                     const unsigned char *echo, size_t echo_length, size_t piece)
{
    size_t sent = 0, returned = 0;

    while (sent < LENGTH || returned < echo_length) {
        size_t step = LENGTH - sent;
        size_t most = returned + piece < echo_length ? piece : echo_length - returned;

        if (step > compare_room(compare))
            step = compare_room(compare);
        compare_sent(compare, stream + sent, step);
        sent += step;
        if (most > sent - returned && sent < LENGTH)
            most = sent - returned;
        if (!most && !step)
            return;
        if (compare_received(compare, echo + returned, most) < 0 &&
            compare->verdict.word == REASON_CORRUPT)
            return;
        returned += most;
    }
}

static void check_all(int with_window)
{
    struct pattern pattern;
    unsigned char stream[LENGTH], echo[LENGTH + 32], window[WINDOW];

    pattern_init(&pattern, 1, 0);
    pattern_fill(&pattern, 0, stream, LENGTH);
    for (size_t i = 0; i < COUNT(faults); i++)
        for (size_t piece = 1; piece <= 70; piece++) {
            struct compare compare;
            const struct verdict *verdict;
            size_t length;

            memcpy(echo, stream, LENGTH);
            length = distort(faults[i].fault, echo, LENGTH, faults[i].at);
            if (with_window)
                compare_init_window(&compare, window, sizeof window);
            else
                compare_init_pattern(&compare, &pattern);
            converse(&compare, stream, echo, length, piece);
            verdict = compare_end(&compare, REASON_NONE, LENGTH, 0);
            if (verdict->word != faults[i].word || verdict->offset != faults[i].offset)
                fail_msg("fault %zu in pieces of %zu: %s at %ju", i, piece,
                         reason_name(verdict->word), (uintmax_t)verdict->offset);
            assert_true(verdict->total == LENGTH);
            if (verdict->word == REASON_EXTRA)
                assert_int_equal(verdict->extra, 17);
            if (verdict->word == REASON_CORRUPT) {
                assert_int_equal(verdict->sent[verdict->before], stream[verdict->offset]);
                assert_int_equal(verdict->got[verdict->before], echo[verdict->offset]);
                assert_int_equal(verdict->before, verdict->offset < 8 ? verdict->offset : 8);
                assert_memory_equal(verdict->got, stream + verdict->offset - verdict->before,
                                    verdict->before);
            }
        }
}

static void against_pattern(void **state)
{
    (void)state;
    check_all(0);
}

static void against_window(void **state)
{
    (void)state;
    check_all(1);
}

static void room(void **state)
{
    struct compare compare;
    unsigned char window[8];

    (void)state;
    compare_init_window(&compare, window, sizeof window);
    assert_int_equal(compare_room(&compare), 8);
    compare_sent(&compare, "abcdef", 6);
    assert_int_equal(compare_room(&compare), 2);
    assert_int_equal(compare_received(&compare, "abc", 3), 0);
    assert_int_equal(compare_room(&compare), 5);
    assert_int_equal(compare_owed(&compare), 3);
    compare_sent(&compare, "ghijk", 5);
    assert_int_equal(compare_room(&compare), 0);
    assert_int_equal(compare_received(&compare, "defghijk", 8), 0);
    assert_int_equal(compare_received(&compare, "", 0), 0);
    assert_int_equal(compare_end(&compare, REASON_NONE, 11, 0)->word, REASON_NONE);
}

static void texts(void **state)
{
    static const struct {
        struct verdict verdict;
        const char *text, *detail;
    } rows[] = {
        {{.word = REASON_NONE}, "OK", ""},
        {{.word = REASON_TRUNCATED, .offset = 973824, .total = 1048576},
         "TRUNCATED at 973824 of 1048576",
         ""},
        {{.word = REASON_EOF, .total = 56}, "EOF at 0 of 56", ""},
        {{.word = REASON_CORRUPT,
          .offset = 4096,
          .before = 1,
          .sent = {0x40, 0x41, 0x0a},
          .got = {0x40, 0x42},
          .sent_length = 3,
          .got_length = 2},
         "CORRUPT at offset 4096: sent 41, got 42",
         "sent 40 [41] 0a \"A.\", got 40 [42] \"B\""},
        {{.word = REASON_EXTRA, .extra = 17, .got = {0x21}, .got_length = 1},
         "EXTRA 17 bytes",
         "sent [], got [21] \"!\""},
        {{.word = REASON_EXTRA,
          .extra = 1,
          .before = 1,
          .sent = {0x20},
          .sent_length = 1,
          .got = {0x20, 0x21},
          .got_length = 2},
         "EXTRA 1 byte",
         "sent 20 [], got 20 [21] \"!\""},
        {{.word = REASON_RESET, .offset = 4096}, "RESET at 4096", ""},
        {{.word = REASON_STALLED, .offset = 4096, .waited_ns = 5 * NS_PER_S},
         "STALLED 5 s at 4096",
         ""},
        {{.word = REASON_STALLED, .offset = 1, .waited_ns = 500 * NS_PER_MS},
         "STALLED 0.5 s at 1",
         ""},
    };
    char text[VERDICT_TEXT_SIZE], detail[VERDICT_DETAIL_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(verdict_format(&rows[i].verdict, text, sizeof text), rows[i].text);
        assert_string_equal(verdict_detail(&rows[i].verdict, detail, sizeof detail),
                            rows[i].detail);
    }
}

/* A reset or a stall is named, unless a difference was seen before it. */
static void ends(void **state)
{
    struct compare compare;
    unsigned char window[16];

    (void)state;
    compare_init_window(&compare, window, sizeof window);
    compare_sent(&compare, "abcd", 4);
    assert_int_equal(compare_received(&compare, "ab", 2), 0);
    assert_int_equal(compare_end(&compare, REASON_RESET, 4, 0)->word, REASON_RESET);
    compare_init_window(&compare, window, sizeof window);
    compare_sent(&compare, "abcd", 4);
    assert_int_equal(compare_received(&compare, "ax", 2), -1);
    assert_int_equal(compare_end(&compare, REASON_STALLED, 4, 1)->word, REASON_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_pattern), cmocka_unit_test(against_window), cmocka_unit_test(room),
        cmocka_unit_test(texts),           cmocka_unit_test(ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
