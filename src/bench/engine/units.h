/* SPDX-License-Identifier: ISC */
/* Durations as people read them. */
#ifndef ENGINE_UNITS_H
#define ENGINE_UNITS_H

#include <stddef.h>

/* "12.345 us", "1.234 ms"; microseconds below a millisecond. The sign is kept. Returns text. */
const char *units_format_time(double ns, char *text, size_t size);

#endif
