/* SPDX-License-Identifier: ISC */
/* errno values by name. glibc has a function for it since 2.32, other C libraries have none. The
 * sentence for people is strerror(3), which is safe in threads for every value named here. */
#ifndef BASE_ERRNO_NAME_H
#define BASE_ERRNO_NAME_H

/* "ECONNRESET"; "E?" for a value without a name. Of several names the oldest: EAGAIN, EDEADLK,
 * EOPNOTSUPP. */
const char *errno_name(int code);

#endif
