/* SPDX-License-Identifier: ISC */
/* The life of a Unix path: who may take it, how it is born, who removes it. */
#include "lib/room.h"
#include "lib/sockets.h"
#include "lib/testing.h"
#include "transport/credentials.h"
#include "transport/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* A temporary directory with the address of a socket in it; everybody may search it. */
struct place {
    char directory[DIRECTORY_SIZE], path[DIRECTORY_SIZE + 16];
    struct endpoint endpoint;
    struct address address;
};

static int set_up(void **state)
{
    static struct place place;
    char text[DIRECTORY_SIZE + 32];

    place = (struct place){0};
    make_test_directory(place.directory);
    assert_int_equal(chmod(place.directory, 0755), 0);
    snprintf(place.path, sizeof place.path, "%s/echo.sock", place.directory);
    snprintf(text, sizeof text, "unix:%s", place.path);
    assert_int_equal(endpoint_parse(&place.endpoint, text, NULL), 0);
    place.address = sockets_resolve(&place.endpoint, TRANSPORT_SERVER);
    *state = &place;
    return 0;
}

static int tear_down(void **state)
{
    const struct place *place = *state;

    unlink(place->path);
    return rmdir(place->directory);
}

/* What kill -9 leaves. */
static void leave_dead_socket(const struct address *address, int type)
{
    int fd = socket(AF_UNIX, type, 0);

    assert_int_equal(bind(fd, (const struct sockaddr *)&address->storage, address->length), 0);
    close(fd);
}

static struct stat look(const char *path)
{
    struct stat status;

    assert_int_equal(lstat(path, &status), 0);
    return status;
}

/* As a starter does it: takes its turn first. */
static int take_turn_and_listen(struct transport_listener *listener, const struct address *address,
                                struct listen_options options, struct reason *why)
{
    char text[ADDRESS_TEXT_SIZE];
    struct endpoint endpoint;
    struct locks locks = {0};
    int result;

    assert_int_equal(endpoint_parse(&endpoint, address_format(address, text, sizeof text), NULL),
                     0);
    while (locks_try(&locks, &endpoint) < 0)
        locks_release(&locks);
    options.locks = &locks;
    result = transport_listen(listener, address, &options, why);
    locks_release(&locks);
    return result;
}

static void a_dead_socket_is_replaced(void **state)
{
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    struct place *place = *state;

    for (size_t i = 0; i < COUNT(types); i++) {
        struct address bound, peer;
        struct transport_listener listener;
        int client, served;

        leave_dead_socket(&place->address, types[i]);
        listener = sockets_listen(&place->endpoint, NULL, &bound);
        client = sockets_connect(&bound);
        served = sockets_accept(listener.fd, &peer);
        io_close(&client);
        io_close(&served);
        transport_unlisten(&listener);
        assert_int_equal(access(place->path, F_OK), -1);
    }
}

static void make_file(const char *path)
{
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

static void make_directory(const char *path)
{
    assert_int_equal(mkdir(path, 0700), 0);
}

static void make_fifo(const char *path)
{
    assert_int_equal(mkfifo(path, 0600), 0);
}

static void make_dangling_link(const char *path)
{
    assert_int_equal(symlink("/nonexistent/echo.sock", path), 0);
}

static void what_is_no_socket_stays(void **state)
{
    static const struct {
        void (*make)(const char *path);
        const char *sentence;
    } table[] = {{make_file, "a regular file is in its place"},
                 {make_directory, "a directory is in its place"},
                 {make_fifo, "a FIFO is in its place"},
                 {make_dangling_link, "a symbolic link is in its place"}};
    struct place *place = *state;

    for (size_t i = 0; i < COUNT(table); i++) {
        struct transport_listener listener;
        struct reason why;
        struct stat before;

        table[i].make(place->path);
        before = look(place->path);
        assert_int_equal(take_turn_and_listen(&listener, &place->address, sockets_plain, &why), -1);
        if (why.code != EADDRINUSE || !strstr(why.text, table[i].sentence))
            fail_msg("%s", why.text);
        transport_unlisten(&listener);
        assert_true(look(place->path).st_ino == before.st_ino);
        assert_int_equal(remove(place->path), 0);
    }
}

/* A link to a dead socket: the link is not ours to remove, nor what it points to. */
static void a_link_to_a_dead_socket_stays(void **state)
{
    struct place *place = *state;
    struct transport_listener listener;
    struct reason why;
    char target[DIRECTORY_SIZE + 16];

    leave_dead_socket(&place->address, SOCK_STREAM);
    snprintf(target, sizeof target, "%s/target", place->directory);
    assert_int_equal(rename(place->path, target), 0);
    assert_int_equal(symlink(target, place->path), 0);
    assert_int_equal(take_turn_and_listen(&listener, &place->address, sockets_plain, &why), -1);
    assert_true(S_ISLNK(look(place->path).st_mode));
    assert_true(S_ISSOCK(look(target).st_mode));
    assert_int_equal(unlink(target), 0);
}

static void live_sockets_stay(void **state)
{
    static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
    struct place *place = *state;

    for (size_t i = 0; i < COUNT(types); i++) {
        int fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC, 0);
        struct transport_listener listener;
        struct reason why;

        assert_int_equal(
            bind(fd, (struct sockaddr *)&place->address.storage, place->address.length), 0);
        if (types[i] != SOCK_DGRAM)
            assert_int_equal(listen(fd, 0), 0);
        /* The first probe fills the backlog of 0, the second finds it full. */
        for (int probe = 0; probe < 2; probe++) {
            struct stat before = look(place->path);

            assert_int_equal(take_turn_and_listen(&listener, &place->address, sockets_plain, &why),
                             -1);
            if (types[i] == SOCK_STREAM && !strstr(why.text, "another server"))
                fail_msg("%s", why.text);
            assert_true(look(place->path).st_ino == before.st_ino);
        }
        close(fd);
        assert_int_equal(unlink(place->path), 0);
    }
}

static int try_to_listen(const struct address *address, struct reason *why)
{
    struct transport_listener listener;
    int result = take_turn_and_listen(&listener, address, sockets_plain, why);

    transport_unlisten(&listener);
    return result;
}

static void a_socket_that_may_not_be_asked_stays(void **state)
{
    struct place *place = *state;
    struct reason why;

    leave_dead_socket(&place->address, SOCK_STREAM);
    assert_int_equal(chmod(place->path, 0), 0);
    assert_int_equal(chmod(place->directory, 01777), 0);
    assert_int_equal(sockets_unprivileged(try_to_listen, &place->address, &why), -1);
    assert_int_equal(why.word, REASON_PERM);
    assert_non_null(strstr(why.text, "may not be asked whether somebody listens"));
    assert_true(S_ISSOCK(look(place->path).st_mode));
}

/* Writable, but not readable: it cannot be opened for the lock. */
static void without_the_lock_nothing_is_replaced(void **state)
{
    struct place *place = *state;
    struct reason why;

    assert_int_equal(chmod(place->directory, 0333), 0);
    assert_int_equal(sockets_unprivileged(try_to_listen, &place->address, &why), 0);
    assert_int_equal(access(place->path, F_OK), -1);
    leave_dead_socket(&place->address, SOCK_STREAM);
    assert_int_equal(chmod(place->path, 0777), 0);
    assert_int_equal(sockets_unprivileged(try_to_listen, &place->address, &why), -1);
    assert_int_equal(why.code, EADDRINUSE);
    assert_non_null(strstr(why.text, "remove it by hand"));
    assert_true(S_ISSOCK(look(place->path).st_mode));
}

static void directories_that_cannot_be_used(void **state)
{
    struct place *place = *state, missing = *place;
    struct reason why;
    char text[DIRECTORY_SIZE + 32];

    assert_int_equal(chmod(place->directory, 0555), 0);
    assert_int_equal(sockets_unprivileged(try_to_listen, &place->address, &why), -1);
    assert_int_equal(why.word, REASON_PERM);
    assert_non_null(strstr(why.text, place->directory));

    snprintf(text, sizeof text, "unix:%s/none/echo.sock", place->directory);
    assert_int_equal(endpoint_parse(&missing.endpoint, text, NULL), 0);
    missing.address = sockets_resolve(&missing.endpoint, TRANSPORT_SERVER);
    assert_int_equal(try_to_listen(&missing.address, &why), -1);
    assert_int_equal(why.code, ENOENT);
    snprintf(text, sizeof text, "the directory %s/none", place->directory);
    assert_non_null(strstr(why.text, text));
}

/* The events of a directory since the last call, together. */
static uint32_t events_of(int watch)
{
    char bytes[1024] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t length = read(watch, bytes, sizeof bytes);
    uint32_t events = 0;

    for (ssize_t at = 0; at < length;) {
        const struct inotify_event *event = (const void *)(bytes + at);

        events |= event->mask;
        at += (ssize_t)(sizeof *event + event->len);
    }
    return events;
}

/* Not made so afterwards: nothing changes the file's attributes. */
static void the_socket_is_born_with_its_mode(void **state)
{
    static const mode_t modes[] = {0660, 0600, 0666, 0777, 0, 0622};
    static const mode_t masks[] = {0, 022, 0777};
    struct place *place = *state;
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

    assert_true(inotify_add_watch(watch, place->directory, IN_CREATE | IN_ATTRIB) >= 0);
    for (size_t i = 0; i < COUNT(modes); i++)
        for (size_t j = 0; j < COUNT(masks); j++) {
            struct listen_options options = sockets_plain;
            mode_t saved = umask(masks[j]);
            struct transport_listener listener;
            struct address bound;

            options.mode = modes[i];
            listener = sockets_listen(&place->endpoint, &options, &bound);
            assert_int_equal(umask(saved), masks[j]);
            assert_int_equal(look(place->path).st_mode & 07777, modes[i]);
            assert_int_equal(events_of(watch), IN_CREATE);
            transport_unlisten(&listener);
            /* The end of the file changes its count of links. */
            events_of(watch);
        }
    close(watch);
}

/* A directory's default ACL narrows what is born in it; where the file system has none, this is one
 * more plain birth. */
static void a_default_acl_does_not_change_the_mode(void **state)
{
    static const unsigned char owner_only[] = {2,  0, 0, 0,                      /* version */
                                               1,  0, 7, 0, 255, 255, 255, 255,  /* user */
                                               4,  0, 0, 0, 255, 255, 255, 255,  /* group */
                                               32, 0, 0, 0, 255, 255, 255, 255}; /* other */
    struct place *place = *state;
    struct transport_listener listener;
    struct address bound;

    if (setxattr(place->directory, "system.posix_acl_default", owner_only, sizeof owner_only, 0) <
        0)
        assert_int_equal(errno, ENOTSUP);
    listener = sockets_listen(&place->endpoint, NULL, &bound);
    assert_int_equal(look(place->path).st_mode & 07777, 0660);
    transport_unlisten(&listener);
}

static int listen_for_root(const struct address *address, struct reason *why)
{
    struct listen_options options = sockets_plain;
    struct transport_listener listener;

    options.owner = 0;
    return take_turn_and_listen(&listener, address, options, why);
}

static void an_owner_that_cannot_be_set_leaves_nothing(void **state)
{
    struct place *place = *state;
    struct reason why;

    assert_int_equal(chmod(place->directory, 0777), 0);
    assert_int_equal(sockets_unprivileged(listen_for_root, &place->address, &why), -1);
    assert_int_equal(why.word, REASON_PERM);
    assert_int_equal(strncmp(why.text, "chown unix:", 11), 0);
    assert_int_equal(access(place->path, F_OK), -1);
}

static void the_owner_is_set(void **state)
{
    struct place *place = *state;
    struct listen_options options = sockets_plain;
    struct transport_listener listener;
    struct address bound;
    /* Only root can give a file away; to be given to oneself is no less a chown. */
    uid_t owner = geteuid() == 0 ? 65534 : geteuid();
    gid_t group = geteuid() == 0 ? 65533 : getegid();

    options.owner = owner;
    options.group = group;
    listener = sockets_listen(&place->endpoint, &options, &bound);
    assert_int_equal(look(place->path).st_uid, owner);
    assert_int_equal(look(place->path).st_gid, group);
    assert_int_equal(look(place->path).st_mode & 07777, 0660);
    transport_unlisten(&listener);
}

static void the_successors_socket_stays(void **state)
{
    struct place *place = *state;
    struct address bound;
    struct transport_listener first = sockets_listen(&place->endpoint, NULL, &bound), second;
    struct stat successor;
    int client;

    assert_int_equal(unlink(place->path), 0);
    second = sockets_listen(&place->endpoint, NULL, &bound);
    successor = look(place->path);
    transport_unlisten(&first);
    assert_true(look(place->path).st_ino == successor.st_ino);
    client = sockets_connect(&bound);
    io_close(&client);
    transport_unlisten(&second);
    assert_int_equal(access(place->path, F_OK), -1);
}

static int hold(const char *directory)
{
    int lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_int_equal(flock(lock, LOCK_EX), 0);
    return lock;
}

static void a_held_lock_does_not_keep_the_path(void **state)
{
    struct place *place = *state;
    struct address bound;
    struct transport_listener listener = sockets_listen(&place->endpoint, NULL, &bound);
    int lock = hold(place->directory);

    transport_unlisten(&listener);
    assert_int_equal(access(place->path, F_OK), -1);
    close(lock);
}

/* The path goes first: a successor leaves it alone as long as somebody answers. */
static void a_path_is_removed_while_it_is_served(void **state)
{
    struct place *place = *state;
    struct address bound;
    struct transport_listener listener = sockets_listen(&place->endpoint, NULL, &bound);
    int client = sockets_connect(&bound), served;

    transport_remove_path(&listener);
    assert_int_equal(access(place->path, F_OK), -1);
    served = sockets_accept(listener.fd, &bound);
    io_close(&served);
    io_close(&client);
    make_file(place->path);
    transport_unlisten(&listener);
    assert_int_equal(access(place->path, F_OK), 0);
}

static void a_foreign_lock_keeps_us_out(void **state)
{
    struct place *place = *state;
    struct listen_options options = sockets_plain;
    struct transport_listener listener;
    struct locks locks = {0};
    int lock = hold(place->directory);
    struct reason why;

    options.locks = &locks;
    for (int turn = 0; turn < 2; turn++) /* the second time it is known */
        assert_int_equal(locks_try(&locks, &place->endpoint), -EWOULDBLOCK);
    assert_int_equal(locks_state(&locks, place->path), LOCKS_FOREIGN);
    assert_int_equal(transport_listen(&listener, &place->address, &options, &why), -1);
    assert_int_equal(why.code, EWOULDBLOCK);
    assert_non_null(strstr(why.text, place->directory));
    assert_int_equal(access(place->path, F_OK), -1);
    close(lock);
    locks_release(&locks);
    assert_int_equal(locks_try(&locks, &place->endpoint), 0);
    assert_int_equal(locks_try(&locks, &place->endpoint), 0);
    assert_int_equal(locks.count, 1);
    assert_int_equal(locks_state(&locks, place->path), LOCKS_HELD);
    locks_release(&locks);
}

/* One starter of the race: says how it went, and serves until it is killed. */
static void run_starter(const struct address *address, int start, int answer)
{
    struct transport_listener listener;
    struct reason why = {0};
    char go;

    if (read(start, &go, 1) != 0)
        _exit(1);
    if (take_turn_and_listen(&listener, address, sockets_plain, &why) == 0)
        why.code = 0;
    if (write(answer, &why.code, sizeof why.code) != sizeof why.code)
        _exit(1);
    if (why.code == 0)
        pause();
    _exit(0);
}

static void of_two_starters_one_serves(void **state)
{
    struct place *place = *state;

    leave_dead_socket(&place->address, SOCK_STREAM);
    for (int round = 0; round < 50; round++) {
        pid_t starters[2], server;
        int codes[2], start[2], answer[2], client;
        struct credentials who;

        assert_int_equal(pipe2(start, O_CLOEXEC), 0);
        assert_int_equal(pipe2(answer, O_CLOEXEC), 0);
        for (int i = 0; i < 2; i++) {
            starters[i] = fork();
            assert_true(starters[i] >= 0);
            if (starters[i] == 0) {
                close(start[1]);
                run_starter(&place->address, start[0], answer[1]);
            }
        }
        close(answer[1]);
        close(start[0]);
        /* The end of this pipe starts both at once. */
        close(start[1]);
        for (int i = 0; i < 2; i++)
            assert_int_equal(read(answer[0], &codes[i], sizeof codes[i]), sizeof codes[i]);
        assert_true((codes[0] == 0) != (codes[1] == 0));
        assert_int_equal(codes[0] + codes[1], EADDRINUSE);
        close(answer[0]);

        client = sockets_connect(&place->address);
        assert_int_equal(credentials_read(client, &who), 0);
        io_close(&client);
        server = who.pid;
        assert_true(server == starters[0] || server == starters[1]);
        for (int i = 0; i < 2; i++) {
            int status;

            kill(starters[i], starters[i] == server ? SIGKILL : 0);
            assert_int_equal(waitpid(starters[i], &status, 0), starters[i]);
            assert_int_equal(status, starters[i] == server ? SIGKILL : 0);
        }
    }
}

static void a_full_backlog_says_so(void **state)
{
    struct place *place = *state;
    struct listen_options options = sockets_plain;
    struct transport_listener listener;
    struct address bound;
    struct reason why;
    bool pending;
    int first;

    options.backlog = 0;
    listener = sockets_listen(&place->endpoint, &options, &bound);
    first = sockets_connect(&bound);
    assert_int_equal(transport_connect(&bound, NULL, &pending, &why), -1);
    assert_int_equal(why.code, EAGAIN);
    io_close(&first);
    transport_unlisten(&listener);
}

static int try_to_connect(const struct address *address, struct reason *why)
{
    bool pending;
    int fd = transport_connect(address, NULL, &pending, why);

    io_close(&fd);
    return fd;
}

static void connecting_says_what_is_wrong(void **state)
{
    struct place *place = *state;
    struct transport_listener listener;
    struct address bound;
    struct reason why;
    char sentence[128];

    leave_dead_socket(&place->address, SOCK_STREAM);
    assert_int_equal(try_to_connect(&place->address, &why), -1);
    assert_int_equal(why.word, REASON_REFUSED);
    assert_string_equal(why.text, "nothing is listening on this socket (stale file?)");
    assert_int_equal(unlink(place->path), 0);

    make_file(place->path);
    assert_int_equal(try_to_connect(&place->address, &why), -1);
    assert_int_equal(why.word, REASON_REFUSED);
    assert_string_equal(why.text, "a regular file is at this path, not a socket");
    assert_int_equal(unlink(place->path), 0);

    listener = sockets_listen(&place->endpoint, NULL, &bound);
    assert_int_equal(chmod(place->path, 0600), 0);
    if (geteuid() != 0)
        assert_int_equal(chmod(place->path, 0), 0);
    assert_int_equal(sockets_unprivileged(try_to_connect, &bound, &why), -1);
    assert_int_equal(why.word, REASON_PERM);
    snprintf(sentence, sizeof sentence, "no permission to write to the socket %s (mode 0",
             place->path);
    assert_non_null(strstr(why.text, sentence));
    assert_int_equal(chmod(place->directory, geteuid() == 0 ? 0700 : 0), 0);
    assert_int_equal(sockets_unprivileged(try_to_connect, &bound, &why), -1);
    assert_int_equal(why.word, REASON_PERM);
    snprintf(sentence, sizeof sentence, "no permission to search the directory %s (mode 0",
             place->directory);
    assert_non_null(strstr(why.text, sentence));
    assert_int_equal(chmod(place->directory, 0755), 0);
    transport_unlisten(&listener);

    snprintf(sentence, sizeof sentence, "unix:%s/none/x", place->directory);
    assert_int_equal(endpoint_parse(&place->endpoint, sentence, NULL), 0);
    bound = sockets_resolve(&place->endpoint, TRANSPORT_CLIENT);
    assert_int_equal(try_to_connect(&bound, &why), -1);
    assert_int_equal(why.word, REASON_NOENT);
    assert_non_null(strstr(why.text, "there is no directory"));
}

static void a_socket_of_another_type_says_so(void **state)
{
    struct place *place = *state;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct reason why;

    assert_int_equal(bind(fd, (struct sockaddr *)&place->address.storage, place->address.length),
                     0);
    assert_int_equal(try_to_connect(&place->address, &why), -1);
    assert_int_equal(why.word, REASON_REFUSED);
    assert_non_null(strstr(why.text, "another type"));
    close(fd);
}

static void what_is_on_disk(void **state)
{
    struct place *place = *state;
    struct transport_path_state disk;
    struct endpoint other;

    assert_int_equal(transport_path_state(&place->endpoint, &disk), 0);
    assert_false(disk.exists);
    leave_dead_socket(&place->address, SOCK_STREAM);
    assert_int_equal(chmod(place->path, 0640), 0);
    assert_int_equal(transport_path_state(&place->endpoint, &disk), 0);
    assert_true(disk.exists && disk.is_socket);
    assert_int_equal(disk.mode, 0640);
    assert_int_equal(disk.owner, geteuid());
    assert_int_equal(unlink(place->path), 0);
    make_file(place->path);
    assert_int_equal(transport_path_state(&place->endpoint, &disk), 0);
    assert_true(disk.exists && !disk.is_socket);
    assert_int_equal(endpoint_parse(&other, "@name", NULL), 0);
    assert_int_equal(transport_path_state(&other, &disk), -ENOTSUP);
}

#define with_place(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_place(a_dead_socket_is_replaced),
        with_place(what_is_no_socket_stays),
        with_place(a_link_to_a_dead_socket_stays),
        with_place(live_sockets_stay),
        with_place(a_socket_that_may_not_be_asked_stays),
        with_place(without_the_lock_nothing_is_replaced),
        with_place(directories_that_cannot_be_used),
        with_place(the_socket_is_born_with_its_mode),
        with_place(a_default_acl_does_not_change_the_mode),
        with_place(an_owner_that_cannot_be_set_leaves_nothing),
        with_place(the_owner_is_set),
        with_place(the_successors_socket_stays),
        with_place(a_held_lock_does_not_keep_the_path),
        with_place(a_path_is_removed_while_it_is_served),
        with_place(a_foreign_lock_keeps_us_out),
        with_place(of_two_starters_one_serves),
        with_place(a_full_backlog_says_so),
        with_place(connecting_says_what_is_wrong),
        with_place(a_socket_of_another_type_says_so),
        with_place(what_is_on_disk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
