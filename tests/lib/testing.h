/* SPDX-License-Identifier: ISC */
/* The headers that cmocka wants before its own, in its order; assert() bites in tests always. */
#ifndef TESTS_LIB_TESTING_H
#define TESTS_LIB_TESTING_H

#undef NDEBUG
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* The byte at an offset of a stream; no period that a buffer's size could hide. */
static inline unsigned char byte_at(uint64_t offset)
{
    return (unsigned char)((offset * 2654435761u) >> 16);
}

#endif
