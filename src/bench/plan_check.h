/* SPDX-License-Identifier: ISC */
/* What no option can see alone. */
#ifndef BENCH_PLAN_CHECK_H
#define BENCH_PLAN_CHECK_H

#include "bench/plan.h"

/* Refuses contradictions and missing endpoints; fills what depends on others. */
int plan_check(struct plan *plan, struct reason *why) MUST_CHECK;

#endif
