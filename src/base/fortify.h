/* SPDX-License-Identifier: ISC */
/* Read before every source file: the C library's calls check sizes where they can, which requires
 * optimisation, and where neither the compiler nor the user has decided. */
#ifndef BASE_FORTIFY_H
#define BASE_FORTIFY_H

#if defined __OPTIMIZE__ && !defined _FORTIFY_SOURCE
#define _FORTIFY_SOURCE 2
#endif

#endif
