/* SPDX-License-Identifier: ISC */
#include "bench/engine/workload.h"

#include <string.h>

const struct workload *const workloads[] = {&workload_messages, &workload_bulk, NULL};

const struct workload *workload_find(const char *name)
{
    for (size_t i = 0; workloads[i]; i++)
        if (strcmp(workloads[i]->name, name) == 0)
            return workloads[i];
    return workloads[0];
}

const struct workload *workload_of_option(int letter)
{
    for (size_t i = 0; workloads[i]; i++)
        if (workloads[i]->option == letter)
            return workloads[i];
    return NULL;
}
