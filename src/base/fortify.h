/* SPDX-License-Identifier: ISC */
/* Included before every source file. Makes calls of the C library check sizes, which requires
 * optimisation, unless the compiler has its own default. */
#ifndef BASE_FORTIFY_H
#define BASE_FORTIFY_H

#if defined __OPTIMIZE__ && !defined _FORTIFY_SOURCE
#define _FORTIFY_SOURCE 2
#endif

#endif
