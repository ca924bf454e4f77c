/* SPDX-License-Identifier: ISC */
#include "bench/difference.h"

#include <math.h>

const char *const figure_names[FIGURES] = {"rate", "byte_rate", "mean_ns", "p50_ns", "p99_ns"};

double difference_student(size_t freedom)
{
    static const double table[] = {12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060,
                                   2.2622,  2.2281, 2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199,
                                   2.1098,  2.1009, 2.0930, 2.0860, 2.0796, 2.0739, 2.0687, 2.0639};
    const size_t rows = sizeof table / sizeof table[0];
    const double normal = 1.959964;
    double n = (double)freedom;

    if (freedom <= rows)
        return table[freedom - 1];
    /* Cornish and Fisher's expansion around the normal point; exact to four digits here. */
    return normal + (pow(normal, 3) + normal) / (4 * n) +
           (5 * pow(normal, 5) + 16 * pow(normal, 3) + 3 * normal) / (96 * n * n);
}

static bool is_pair(const struct round *first, const struct round *second)
{
    return !first->silent && !second->silent;
}

/* used of the pairs are none of silent rounds. */
static struct interval compute(const struct round *first, const struct round *second, size_t pairs,
                               size_t used, size_t figure)
{
    struct interval interval = {0};
    double n = (double)used, squares = 0, reach;

    for (size_t i = 0; i < pairs; i++) {
        if (!is_pair(&first[i], &second[i]))
            continue;
        interval.first += first[i].figures[figure] / n;
        interval.second += second[i].figures[figure] / n;
    }
    interval.difference = interval.second - interval.first;
    interval.low = interval.high = interval.difference;
    if (used < 2)
        return interval;
    for (size_t i = 0; i < pairs; i++) {
        double one = second[i].figures[figure] - first[i].figures[figure] - interval.difference;

        if (is_pair(&first[i], &second[i]))
            squares += one * one;
    }
    reach = difference_student(used - 1) * sqrt(squares / (n - 1) / n);
    interval.low -= reach;
    interval.high += reach;
    return interval;
}

void difference_compute(struct difference *difference, const struct round *first,
                        const struct round *second, size_t pairs)
{
    *difference = (struct difference){0};
    for (size_t i = 0; i < pairs; i++)
        (*(is_pair(&first[i], &second[i]) ? &difference->pairs : &difference->silent))++;
    for (size_t figure = 0; figure < FIGURES; figure++)
        difference->figures[figure] = compute(first, second, pairs, difference->pairs, figure);
}
