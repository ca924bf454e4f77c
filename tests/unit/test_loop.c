/* SPDX-License-Identifier: ISC */
#include "lib/testing.h"

#include "base/loop.h"
#include "lib/faults.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* One end of a socket pair in a loop, and what it does when it is ready. */
struct end {
    struct loop_source source;
    struct loop *loop;
    int other; /* the other end */
    unsigned events, calls;
    struct end *victim; /* forgotten, closed and freed in the same batch */
    struct end **fresh; /* receives a new end in the victim's place */
};

static struct end *end_create(struct loop *loop, void (*ready)(struct loop_source *, unsigned));

static void end_destroy(struct end *end)
{
    loop_forget(end->loop, &end->source);
    close(end->source.fd);
    close(end->other);
    free(end);
}

static void note(struct loop_source *source, unsigned events)
{
    struct end *end = (struct end *)source;

    end->events = events;
    end->calls++;
    if (!end->victim)
        return;
    end_destroy(end->victim);
    end->victim = NULL;
    if (end->fresh)
        *end->fresh = end_create(end->loop, note);
}

static struct end *end_create(struct loop *loop, void (*ready)(struct loop_source *, unsigned))
{
    struct end *end = calloc(1, sizeof *end);
    int fds[2];

    assert_non_null(end);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    end->source = (struct loop_source){.ready = ready, .fd = fds[0]};
    end->loop = loop;
    end->other = fds[1];
    assert_int_equal(loop_watch(loop, &end->source, LOOP_READ), 0);
    return end;
}

static void make_readable(struct end *end)
{
    assert_int_equal(write(end->other, "x", 1), 1);
}

static int set_up(void **state)
{
    static struct loop loop;

    faults_set("");
    *state = &loop;
    return loop_init(&loop, NULL);
}

static int tear_down(void **state)
{
    loop_release(*state);
    faults_set("");
    return 0;
}

static void interests(void **state)
{
    struct loop *loop = *state;
    struct end *end = end_create(loop, note);

    assert_int_equal(loop_turn(loop, 0), 0);
    make_readable(end);
    assert_int_equal(loop_turn(loop, -1), 1);
    assert_int_equal(end->events, LOOP_READ);
    /* Level-triggered: told again as long as it is so. */
    assert_int_equal(loop_turn(loop, -1), 1);
    assert_int_equal(loop_watch(loop, &end->source, LOOP_WRITE), 0);
    assert_int_equal(loop_turn(loop, -1), 1);
    assert_int_equal(end->events, LOOP_WRITE);
    assert_int_equal(loop_watch(loop, &end->source, LOOP_READ | LOOP_WRITE), 0);
    assert_int_equal(loop_turn(loop, -1), 1);
    assert_int_equal(end->events, LOOP_READ | LOOP_WRITE);
    assert_int_equal(loop_watch(loop, &end->source, 0), 0);
    assert_int_equal(end->source.watched, 0);
    assert_int_equal(loop_turn(loop, 0), 0);
    assert_int_equal(end->calls, 4);
    /* Forgetting what is not in the loop is nothing. */
    loop_forget(loop, &end->source);
    end_destroy(end);
}

static void broken(void **state)
{
    struct loop *loop = *state;
    struct end *end = end_create(loop, note);

    assert_int_equal(loop_watch(loop, &end->source, LOOP_WRITE), 0);
    assert_int_equal(shutdown(end->other, SHUT_RDWR), 0);
    assert_int_equal(loop_turn(loop, -1), 1);
    assert_true(end->events & LOOP_BROKEN);
    assert_true(end->events & LOOP_READ);
    end_destroy(end);
}

/* Whichever of the two comes first in the batch frees the other, which then is not called: the
 * survivor is ready once more, alone. */
static void forgotten_in_a_batch(void **state)
{
    struct loop *loop = *state;
    struct end *pair[] = {end_create(loop, note), end_create(loop, note)};
    struct end *survivor;

    make_readable(pair[0]);
    make_readable(pair[1]);
    pair[0]->victim = pair[1];
    pair[1]->victim = pair[0];
    assert_int_equal(loop_turn(loop, -1), 2);
    /* epoll delivers in the order in which they became ready. */
    survivor = pair[0];
    assert_int_equal(survivor->calls, 1);
    assert_int_equal(loop_turn(loop, -1), 1);
    assert_int_equal(survivor->calls, 2);
    end_destroy(survivor);
}

/* Its place, and its descriptor, taken by another that has no event. */
static void replaced_in_a_batch(void **state)
{
    struct loop *loop = *state;
    struct end *ends[40], *fresh[40] = {NULL};
    unsigned calls = 0;

    for (size_t i = 0; i < COUNT(ends); i++)
        ends[i] = end_create(loop, note);
    for (size_t i = 0; i < COUNT(ends); i++) {
        make_readable(ends[i]);
        /* The first half frees the second before its turn in the batch. */
        if (i < COUNT(ends) / 2) {
            ends[i]->victim = ends[COUNT(ends) - 1 - i];
            ends[i]->fresh = &fresh[i];
        }
    }
    assert_int_equal(loop_turn(loop, -1), COUNT(ends));
    for (size_t i = 0; i < COUNT(ends) / 2; i++) {
        assert_int_equal(ends[i]->calls, 1);
        assert_non_null(fresh[i]);
        calls += fresh[i]->calls;
        end_destroy(ends[i]);
        end_destroy(fresh[i]);
    }
    assert_int_equal(calls, 0);
}

static void more_than_a_batch(void **state)
{
    struct loop *loop = *state;
    struct end *ends[3 * LOOP_BATCH / 2];
    int first;

    for (size_t i = 0; i < COUNT(ends); i++) {
        ends[i] = end_create(loop, note);
        make_readable(ends[i]);
    }
    first = loop_turn(loop, -1);
    assert_int_equal(first, LOOP_BATCH);
    /* The kernel takes turns: nobody starves behind the first batch. */
    assert_int_equal(loop_turn(loop, -1), LOOP_BATCH);
    for (size_t i = 0; i < COUNT(ends); i++) {
        assert_in_range(ends[i]->calls, 1, 2);
        end_destroy(ends[i]);
    }
}

static void *wake_it(void *loop)
{
    loop_wake(loop);
    return NULL;
}

static void wakes(void **state)
{
    struct loop *loop = *state;
    pthread_t thread;

    /* Before the wait, several times: one turn. */
    loop_wake(loop);
    loop_wake(loop);
    assert_int_equal(loop_turn(loop, -1), 1);
    assert_int_equal(loop_turn(loop, 0), 0);
    /* During the wait. */
    assert_int_equal(pthread_create(&thread, NULL, wake_it, loop), 0);
    assert_int_equal(loop_turn(loop, -1), 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void failures(void **state)
{
    struct loop *loop = *state, other;
    struct loop_source source = {.ready = note, .fd = -1};
    struct reason why;

    assert_int_equal(loop_watch(loop, &source, LOOP_READ), -EBADF);
    assert_int_equal(source.watched, 0);
    faults_set("epoll_wait:EINTR@1");
    assert_int_equal(loop_turn(loop, -1), 0);
    faults_set("epoll_wait:EBADF");
    assert_int_equal(loop_turn(loop, -1), -EBADF);
    faults_set("allocate:ENOMEM");
    assert_int_equal(loop_init(&other, &why), -1);
    assert_int_equal(why.code, ENOMEM);
    loop_release(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(interests, set_up, tear_down),
        cmocka_unit_test_setup_teardown(broken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forgotten_in_a_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(replaced_in_a_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_than_a_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wakes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failures, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
