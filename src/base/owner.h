/* SPDX-License-Identifier: ISC */
/* From a struct that is embedded in another to that other: from a loop source to who owns it. */
#ifndef BASE_OWNER_H
#define BASE_OWNER_H

#include <stddef.h>

/* The type that has *pointer as its member. */
#define OWNER(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
