/* SPDX-License-Identifier: ISC */
/*
 * System calls that fail on demand. A program linked with faults.c and $(FAULTS_WRAP) calls the
 * seam's functions through it (base/seam.h); what is not told to fail is passed on.
 *
 * A script is a list of rules with ';' between them:
 *
 *   accept:EMFILE@3,+7     the third call fails and every seventh after it
 *   recv:EINTR@2,5         the second and the fifth
 *   bind:EACCES            every one
 *   send:short=1           at most one byte each time (recv, send, splice)
 *   recv:EAGAIN p=0.3      three of ten, the same ones in every run
 *   allocate:ENOMEM@2      NULL
 *
 * The environment variable ECHO_FAULTS gives the script of a program that sets none.
 */
#ifndef TESTS_LIB_FAULTS_H
#define TESTS_LIB_FAULTS_H

/* Replaces the script and starts to count at zero; "" ends all faults. A script that cannot be read
 * ends the program. Not while another thread makes system calls. */
void faults_set(const char *script);

/* How many calls were made, and how many of them were tampered with, since faults_set. call is the
 * name as in the script. */
unsigned faults_calls(const char *call);
unsigned faults_injected(void);

#endif
