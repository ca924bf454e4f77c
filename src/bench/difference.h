/* SPDX-License-Identifier: ISC */
/* Two endpoints measured in turn: each round gives a pair, and the pairs say how sure the
 * difference is. Pairs cancel what slowly changes in the machine. */
#ifndef BENCH_DIFFERENCE_H
#define BENCH_DIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>

enum figure { FIGURE_RATE, FIGURE_BYTE_RATE, FIGURE_MEAN, FIGURE_P50, FIGURE_P99, FIGURES };

/* As the reports name them: "rate", "byte_rate", "mean_ns", ... */
extern const char *const figure_names[FIGURES];

/* What one round came to. */
struct round {
    double figures[FIGURES]; /* per second, or nanoseconds; NAN for what was not measured */
    bool silent;             /* nothing came back: no figure of it is compared */
};

struct interval {
    double first, second; /* means */
    double difference;    /* second - first */
    double low, high;     /* 95 % interval of the difference by Student's t; both the difference
                             itself when there is one pair only */
};

struct difference {
    size_t pairs;
    size_t silent; /* pairs left out because one of the two rounds is silent */
    struct interval figures[FIGURES];
};

/* first and second hold pairs rounds each, in the order in which they were run. With all pairs left
 * out there are no figures. */
void difference_compute(struct difference *difference, const struct round *first,
                        const struct round *second, size_t pairs);

/* The 97.5 % point of Student's t with so many degrees of freedom (>= 1). */
double difference_student(size_t freedom);

#endif
