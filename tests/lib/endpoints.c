/* SPDX-License-Identifier: ISC */
#include "lib/endpoints.h"

#include "base/reason.h"
#include "lib/room.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct endpoints_row rows[] = {
    {"Unix path", AF_UNIX, "unix:", true, "/echo.sock"},
    {"Unix abstract", AF_UNIX, "unix:@", true, "\\x00\\\\"},
    {"IPv4", AF_INET, "127.0.0.1:0", false, ""},
    {"IPv6", AF_INET6, "[::1]:0", false, ""},
    {"MPTCP", AF_INET, "mptcp:127.0.0.1:0", false, ""},
    {"MPTCP over IPv6", AF_INET6, "mptcp:[::1]:0", false, ""},
};

size_t endpoints_count_fds(void)
{
    DIR *directory = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

/* Fills in the unique part. */
static struct endpoint parse(const struct endpoints_row *row, const char *directory)
{
    struct endpoint endpoint;
    char text[128];

    snprintf(text, sizeof text, "%s%s%s", row->before, row->unique ? directory : "", row->after);
    assert_int_equal(endpoint_parse(&endpoint, text, NULL), 0);
    return endpoint;
}

bool endpoints_has(enum endpoint_kind kind, int family)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].family == family && parse(&rows[i], "/tmp").kind == kind)
            return true;
    return false;
}

void endpoints_each(void (*body)(const struct endpoints_row *row, const struct endpoint *endpoint))
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        char directory[DIRECTORY_SIZE];
        struct endpoint endpoint;
        size_t fds = endpoints_count_fds();
        mode_t mask;

        if (is_left_out(rows[i].before))
            continue;
        mask = umask(027);
        make_test_directory(directory);
        endpoint = parse(&rows[i], directory);
        body(&rows[i], &endpoint);
        if (umask(mask) != 027)
            fail_msg("%s: the umask has changed", rows[i].name);
        if (rmdir(directory) < 0)
            fail_msg("%s: %s: %s", rows[i].name, directory, strerror(errno));
        if (endpoints_count_fds() != fds)
            fail_msg("%s: %zu descriptors, then %zu", rows[i].name, fds, endpoints_count_fds());
    }
}
