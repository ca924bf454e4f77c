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
    {"Unix path", AF_UNIX, "unix:", 1, "/echo.sock"},
    {"Unix abstract", AF_UNIX, "unix:@", 1, "\\x00\\\\"},
    {"IPv4", AF_INET, "127.0.0.1:0", 0, ""},
    {"IPv6", AF_INET6, "[::1]:0", 0, ""},
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

void endpoints_each(void (*body)(const struct endpoints_row *row, const struct endpoint *endpoint))
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        char directory[DIRECTORY_SIZE], text[128];
        struct endpoint endpoint;
        size_t fds = endpoints_count_fds();
        mode_t mask;

        if (is_left_out(rows[i].before))
            continue;
        mask = umask(027);
        make_test_directory(directory);
        snprintf(text, sizeof text, "%s%s%s", rows[i].before, rows[i].unique ? directory : "",
                 rows[i].after);
        assert_int_equal(endpoint_parse(&endpoint, text, NULL), 0);
        body(&rows[i], &endpoint);
        if (umask(mask) != 027)
            fail_msg("%s: the umask has changed", rows[i].name);
        if (rmdir(directory) < 0)
            fail_msg("%s: %s: %s", rows[i].name, directory, strerror(errno));
        if (endpoints_count_fds() != fds)
            fail_msg("%s: %zu descriptors, then %zu", rows[i].name, fds, endpoints_count_fds());
    }
}
