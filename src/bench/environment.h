/* SPDX-License-Identifier: ISC */
/* The machine of the load, for the head of a report: figures without it mean nothing. */
#ifndef BENCH_ENVIRONMENT_H
#define BENCH_ENVIRONMENT_H

struct environment {
    char kernel[256];
    char cpu[128]; /* "unknown" where the kernel does not tell */
    long cpus;
    char governor[32]; /* of the first CPU's frequency; "" without one (a virtual machine) */
};

void environment_read(struct environment *environment);

#endif
