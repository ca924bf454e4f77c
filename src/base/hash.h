/* SPDX-License-Identifier: ISC */
/* Hashes of bytes, the same on every machine. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-2-4 (Aumasson, Bernstein 2012): with a random key nobody can choose bytes that collide.
 */
uint64_t hash_keyed(const uint64_t key[2], const void *bytes, size_t length);

/* FNV-1a of 64 bits (draft-eastlake-fnv): for words that are kept in files. Begins with
 * HASH_FNV1A_START; what follows is added to the hash of what came before. */
#define HASH_FNV1A_START UINT64_C(0xcbf29ce484222325)
uint64_t hash_fnv1a(uint64_t hash, const void *bytes, size_t length);

#endif
