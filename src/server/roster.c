/* SPDX-License-Identifier: ISC */
#include "server/roster.h"

#include <errno.h>
#include <stdatomic.h>
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
        sum += atomic_load_explicit(&roster->workers[i].active, memory_order_relaxed);
    return sum;
}

uint64_t roster_next_id(struct roster *roster)
{
    return atomic_fetch_add_explicit(&roster->next_id, 1, memory_order_relaxed) + 1;
}

struct worker *roster_fewest(struct roster *roster, struct worker *preferred)
{
    struct worker *fewest = preferred;
    unsigned least = atomic_load_explicit(&preferred->active, memory_order_relaxed);

    for (unsigned i = 0; i < roster->count; i++) {
        unsigned active = atomic_load_explicit(&roster->workers[i].active, memory_order_relaxed);

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
    atomic_fetch_sub_explicit(&worker->active, 1, memory_order_relaxed);
    roster_leave(roster, ticket);
    if (atomic_load_explicit(&roster->draining, memory_order_acquire))
        loop_wake(roster->main_loop);
}
