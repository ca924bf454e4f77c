/* SPDX-License-Identifier: ISC */
#include "server/roster.h"

#include <errno.h>
#include <stdlib.h>

int roster_init(struct roster *roster, unsigned count, size_t buffer, unsigned capacity,
                unsigned pipe_limit, struct loop *main_loop, struct reason *why)
{
    *roster = (struct roster){.main_loop = main_loop};
    if (admission_init(&roster->admission, capacity, why) < 0)
        return -1;
    roster->workers = calloc(count, sizeof *roster->workers);
    if (!roster->workers)
        return reason_errno(why, ENOMEM, "workers");
    for (; roster->count < count; roster->count++)
        if (worker_init(&roster->workers[roster->count], roster->count, roster, buffer,
                        pipe_limit / count, why) < 0)
            return -1;
    return 0;
}

void roster_release(struct roster *roster)
{
    for (unsigned i = 0; i < roster->count; i++)
        worker_release(&roster->workers[i]);
    free(roster->workers);
    admission_release(&roster->admission);
}

unsigned roster_active(struct roster *roster)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < roster->count; i++)
        sum += __atomic_load_n(&roster->workers[i].active, __ATOMIC_RELAXED);
    return sum;
}

uint64_t roster_next_id(struct roster *roster)
{
    return __atomic_add_fetch(&roster->next_id, 1, __ATOMIC_RELAXED);
}

struct worker *roster_fewest(struct roster *roster, struct worker *preferred)
{
    struct worker *fewest = preferred;
    unsigned least = __atomic_load_n(&preferred->active, __ATOMIC_RELAXED);

    for (unsigned i = 0; i < roster->count; i++) {
        unsigned active = __atomic_load_n(&roster->workers[i].active, __ATOMIC_RELAXED);

        if (active < least) {
            least = active;
            fewest = &roster->workers[i];
        }
    }
    return fewest;
}

void roster_leave(struct roster *roster, const struct admission_ticket *ticket)
{
    if (!admission_leave(&roster->admission, ticket))
        return;
    for (unsigned i = 0; i < roster->count; i++)
        worker_call(&roster->workers[i]);
}

void roster_ended_one(struct roster *roster, struct worker *worker,
                      const struct admission_ticket *ticket)
{
    __atomic_sub_fetch(&worker->active, 1, __ATOMIC_RELAXED);
    roster_leave(roster, ticket);
    if (__atomic_load_n(&roster->draining, __ATOMIC_ACQUIRE))
        loop_wake(roster->main_loop);
}
