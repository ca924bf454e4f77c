/* SPDX-License-Identifier: ISC */
#include "bench/engine/units.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>

const char *units_format_time(double ns, char *text, size_t size)
{
    if (fabs(ns) < (double)NS_PER_MS)
        snprintf(text, size, "%.3f us", ns / (double)NS_PER_US);
    else
        snprintf(text, size, "%.3f ms", ns / (double)NS_PER_MS);
    return text;
}
