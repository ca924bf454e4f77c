/* SPDX-License-Identifier: ISC */
/* What no option can see alone. */
#ifndef ENGINE_PLAN_CHECK_H
#define ENGINE_PLAN_CHECK_H

#include "bench/engine/plan.h"

/* Refuses contradictions and missing endpoints; fills what depends on others. */
int plan_check(struct plan *plan, struct reason *why) MUST_CHECK;

#endif
