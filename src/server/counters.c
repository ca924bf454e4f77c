/* SPDX-License-Identifier: ISC */
#include "server/counters.h"

void counters_add(struct counters *sum, const struct counters *part)
{
    sum->accepted += part->accepted;
    sum->active += part->active;
    sum->received += part->received;
    sum->returned += part->returned;
    sum->half_closes += part->half_closes;
    sum->resets += part->resets;
    sum->cut += part->cut;
    sum->timeouts += part->timeouts;
    sum->errors += part->errors;
    sum->over_limit += part->over_limit;
    sum->pauses += part->pauses;
    sum->accept_errors += part->accept_errors;
    sum->stalls += part->stalls;
}
