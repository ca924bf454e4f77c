/* SPDX-License-Identifier: ISC */
/* Calls that file systems refuse: the report of a run is not lost for it. */
#include "bench/whole_file.h"

#include "lib/testing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fchmod_errno, fsync_errno, rename_errno;

int __wrap_fchmod(int fd, mode_t mode);
int __wrap_fsync(int fd);
int __wrap_rename(const char *old, const char *new);
int __real_fchmod(int fd, mode_t mode);
int __real_fsync(int fd);
int __real_rename(const char *old, const char *new);

int __wrap_fchmod(int fd, mode_t mode)
{
    errno = fchmod_errno;
    return fchmod_errno ? -1 : __real_fchmod(fd, mode);
}

int __wrap_fsync(int fd)
{
    errno = fsync_errno;
    return fsync_errno ? -1 : __real_fsync(fd);
}

int __wrap_rename(const char *old, const char *new)
{
    errno = rename_errno;
    return rename_errno ? -1 : __real_rename(old, new);
}

static char directory[] = "whole-file.XXXXXX"; /* in that of the tests */

/* Writes "new" into a file that holds "old and longer"; its status, and what the file then holds.
 */
static int write_file(char *content, size_t size)
{
    char path[sizeof directory + sizeof "/file"];
    struct whole_file file;
    struct reason why;
    FILE *stream;
    int status;

    snprintf(path, sizeof path, "%s/file", directory);
    stream = fopen(path, "w");
    assert_non_null(stream);
    assert_true(fputs("old and longer", stream) >= 0);
    assert_int_equal(fclose(stream), 0);
    assert_int_equal(whole_file_open(&file, path, &why), 0);
    assert_true(fputs("new", file.stream) >= 0);
    status = whole_file_commit(&file, &why);
    stream = fopen(path, "r");
    assert_non_null(stream);
    content[fread(content, 1, size - 1, stream)] = '\0';
    fclose(stream);
    unlink(path);
    return status;
}

static void test_harmless(void **state)
{
    static const struct {
        int *failing, code;
    } rows[] = {{&fchmod_errno, EPERM},
                {&fchmod_errno, ENOTSUP},
                {&fsync_errno, EINVAL},
                {&rename_errno, EPERM},
                {&rename_errno, EACCES}};
    char content[32];

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        *rows[i].failing = rows[i].code;
        assert_int_equal(write_file(content, sizeof content), 0);
        *rows[i].failing = 0;
        assert_string_equal(content, "new");
        assert_int_equal(rmdir(directory), 0); /* nothing else is in it */
        assert_int_equal(mkdir(directory, 0700), 0);
    }
}

static void test_not_harmless(void **state)
{
    char content[32];

    (void)state;
    fsync_errno = EIO;
    assert_true(write_file(content, sizeof content) < 0);
    fsync_errno = 0;
    assert_string_equal(content, "old and longer");
    assert_int_equal(rmdir(directory), 0);
    assert_int_equal(mkdir(directory, 0700), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_harmless),
        cmocka_unit_test(test_not_harmless),
    };
    const char *tests_directory = getenv("TMPDIR");
    int status;

    if (chdir(tests_directory ? tests_directory : "/tmp") < 0 || !mkdtemp(directory))
        return 1;
    status = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(directory);
    return status;
}
