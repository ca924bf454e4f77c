/* SPDX-License-Identifier: ISC */
#include "base/errno_name.h"
#include "lib/testing.h"

#include <errno.h>

static void names(void **state)
{
    static const struct {
        int code;
        const char *name;
    } rows[] = {{EPERM, "EPERM"},
                {ECONNRESET, "ECONNRESET"},
                {EWOULDBLOCK, "EAGAIN"},
                {ENOTSUP, "EOPNOTSUPP"},
                {EDEADLOCK, "EDEADLK"},
                {ETIMEDOUT, "ETIMEDOUT"},
                {EHWPOISON, "EHWPOISON"},
                {0, "E?"},
                {-1, "E?"},
                {-ECONNRESET, "E?"},
                {524, "E?"},
                {100000, "E?"},
                {-2147483647 - 1, "E?"},
                {2147483647, "E?"}};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(errno_name(rows[i].code), rows[i].name);
}

/* A table that is kept by hand misses nothing that the C library knows. */
static void every_sentence_has_a_name(void **state)
{
    char unknown[64];

    (void)state;
    for (int code = 1; code < 4096; code++) {
        const char *sentence = strerror(code);

        /* What glibc and musl say of a number without a sentence. */
        snprintf(unknown, sizeof unknown, "Unknown error %d", code);
        if (strcmp(sentence, unknown) != 0 && strcmp(sentence, "No error information") != 0 &&
            strcmp(errno_name(code), "E?") == 0)
            fail_msg("%d has no name: %s", code, sentence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(every_sentence_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
