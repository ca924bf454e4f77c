/* SPDX-License-Identifier: ISC */
/* Results read back from reports and added up, as of processes that ran at the same time. */
#ifndef BENCH_MERGE_H
#define BENCH_MERGE_H

#include "bench/engine/plan.h"
#include "bench/engine/result.h"

#include <stddef.h>

/* What was measured over one endpoint. */
struct merge_part {
    struct plan plan; /* of all processes together, with the goals of the command line */
    struct result result;
};

struct merge_source; /* a result that was added, and where it came from */

struct merge {
    const struct plan *plan; /* of the command line */
    struct merge_part *parts;
    size_t part_count;
    struct merge_source *sources;
    size_t source_count;
};

/* Nothing is added yet. The plan must outlive it. */
void merge_init(struct merge *merge, const struct plan *plan);

/* Adds the results of a file to those of the same endpoint. The file holds JSON objects, or lists
 * of them, laid out in any way; objects that are no results are passed over. USAGE when the file
 * holds no result, is no report, when its runs were of another kind than those before, or when one
 * of them was added already. The path must outlive the merge. */
int merge_add_file(struct merge *merge, const char *path, struct reason *why) MUST_CHECK;

void merge_release(struct merge *merge);

#endif
