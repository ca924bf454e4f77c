/* SPDX-License-Identifier: ISC */
/* The process that started us, for a server that shall not outlive it. */
#ifndef SERVER_PARENT_H
#define SERVER_PARENT_H

#include "base/reason.h"

/* A descriptor that is readable once our parent has ended (pidfd_open(2), Linux 5.3), -1 when there
 * is none to be had. To be called early: a parent that is gone already is known only by that
 * another one, which lives on, has taken its place. */
int parent_open(struct reason *why) MUST_CHECK;

#endif
