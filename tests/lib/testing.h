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

#endif
